// Opens an object and loads it into the running kernel, as often as asked: node load-once.mjs OBJECT ROUNDS.
// Plain JavaScript over dist. Prints "NANOSECONDS NANOSECONDS-IN-THE-KERNEL" of each round: the kernel's part is the time
// in bpf(), for which every such call looks at the clock. Status 1 when the object is refused.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";

// Found when it runs: dist is made by `npm run build`.
const dist = (name) => import(new URL(`../dist/${name}.js`, import.meta.url).href);
const { libc } = await dist("runtime/sys/libc");
const { syscallNumbers } = await dist("runtime/sys/arch");
const { openObject } = await dist("object/open");
const { loadObject } = await dist("runtime/load/load");

let inKernel = 0n;
const functions = libc();
const { syscall } = functions;
functions.syscall = (number, a, b, c) => {
  if (number !== syscallNumbers().bpf) return syscall(number, a, b, c);
  const start = hrtime.bigint();
  const result = syscall(number, a, b, c);
  inKernel += hrtime.bigint() - start;
  return result;
};

const [, , path, rounds] = argv;
const settings = { autoload: new Map(), maxEntries: new Map(), contents: new Map() };
for (let round = Number(rounds); round > 0; round--) {
  inKernel = 0n;
  const start = hrtime.bigint();
  let loaded;
  try {
    loaded = loadObject(openObject(readFileSync(path), { what: path }), settings);
  } catch {
    process.exit(1);
  }
  const took = hrtime.bigint() - start;
  loaded.close();
  console.log(`${took} ${inKernel}`);
}
