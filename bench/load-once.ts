// Opens an object and loads it into the running kernel, as often as asked: load-once OBJECT ROUNDS.
// Prints "NANOSECONDS NANOSECONDS-IN-THE-KERNEL" of each round: the kernel's part is the time in bpf(), for which every such
// call looks at the clock. Status 1 when the object is refused.
import { readFileSync } from "node:fs";
import { argv, exit, hrtime } from "node:process";

import { openObject } from "../src/object/open.ts";
import { loadObject } from "../src/runtime/load/load.ts";
import { syscallNumbers } from "../src/runtime/sys/arch.ts";
import { libc, type Libc } from "../src/runtime/sys/libc.ts";

let inKernel = 0n;
// The one object that all calls go through, which nobody but a benchmark changes.
const functions: { -readonly [K in keyof Libc]: Libc[K] } = libc();
const { bpf } = syscallNumbers();
const { syscall } = functions;
functions.syscall = (number, a, b, c) => {
  if (number !== bpf) return syscall(number, a, b, c);
  const start = hrtime.bigint();
  const result = syscall(number, a, b, c);
  inKernel += hrtime.bigint() - start;
  return result;
};

const [, , path = "", rounds] = argv;
for (let round = Number(rounds); round > 0; round--) {
  inKernel = 0n;
  const start = hrtime.bigint();
  try {
    const object = openObject(readFileSync(path), { what: path });
    const loaded = loadObject(object, { autoload: new Map(), maps: new Map(), contents: new Map() });
    console.log(`${hrtime.bigint() - start} ${inKernel}`);
    loaded.close();
  } catch {
    exit(1);
  }
}
