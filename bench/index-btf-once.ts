// Parses the running kernel's BTF and finds some types in it: index-btf-once read|mapped ROUNDS NAME...
// "read" is what users of core-gen/btf do, "mapped" what core-gen/runtime does where the kernel lets it (about 6.16).
// Prints the nanoseconds of each round, then how many bytes more than before are held while one is kept, and the file's size.
// With --expose-gc.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";

import { Btf } from "../src/btf/btf.ts";
import { readBtfFile } from "../src/runtime/kernel/btf.ts";
import { libc } from "../src/runtime/sys/libc.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const [, , how, rounds, ...names] = argv;
const open = how === "mapped" ? (): Btf => readBtfFile(VMLINUX) : (): Btf => Btf.parse(readFileSync(VMLINUX));
// It is loaded long before a kernel's types are asked for.
if (how === "mapped") libc();

function index(): Btf {
  const btf = open();
  for (const name of names) if (btf.find(name, "struct") === undefined) throw new Error(`there is no struct ${name}`);
  return btf;
}

for (let round = Number(rounds); round > 0; round--) {
  const start = hrtime.bigint();
  index();
  console.log(`${hrtime.bigint() - start}`);
}
const before = held();
const kept = index();
console.log(`${held() - before} ${kept.bytes.length}`);

/** Heap, and what lies outside of it, the file's own bytes among it. */
function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
