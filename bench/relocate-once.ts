// Opens an object and relocates it for the running kernel, as often as asked: relocate-once OBJECT ROUNDS.
// Prints nanoseconds, a line per round. No rounds: what the imports alone take.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";

import { openObject } from "../src/object/open.ts";
import { readBtfFile } from "../src/runtime/kernel/btf.ts";
import { preparePrograms } from "../src/runtime/load/prepare-programs.ts";
import { libc } from "../src/runtime/sys/libc.ts";

const [, , path = "", rounds] = argv;
// No program can be loaded without it, so it counts among the imports, as libelf does for libbpf.
libc();
for (let round = Number(rounds); round > 0; round--) {
  const start = hrtime.bigint();
  const object = openObject(readFileSync(path), { what: path });
  const vmlinux = readBtfFile("/sys/kernel/btf/vmlinux");
  const programs = object.programs.filter(({ autoload }) => autoload);
  const kernel = { vmlinux, modules: [], kallsyms: (): string => "" };
  preparePrograms(object, programs, { targets: { vmlinux }, kernel }, {});
  console.log(`${hrtime.bigint() - start}`);
}
