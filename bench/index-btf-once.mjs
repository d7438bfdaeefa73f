// Parses the running kernel's BTF and finds some types in it: node --expose-gc index-btf-once.mjs ROUNDS NAME...
// Prints the nanoseconds of each round, then how many bytes more than before are held while one is kept, and the file's size.
// Plain JavaScript over dist, which `npm run build` makes: what an installed package does.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";

const { Btf } = await import(new URL("../dist/btf/index.js", import.meta.url).href);
const [, , rounds, ...names] = argv;

function index() {
  const btf = Btf.parse(readFileSync("/sys/kernel/btf/vmlinux"));
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
function held() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
