import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { openObject } from "../src/object/open.ts";
import { corpusObjects, libbpf } from "../test/referee/referee.ts";
import { spreadOf, takeTurns, type Spread } from "./compare.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const OBJECTS = 12;
const WARM_ROUNDS = 15;

/**
 * Opening and relocating the largest objects of the corpus beside libbpf: as whole processes (cold), and over and over
 * in one process (warm). Both parse the kernel's BTF each time, and neither calls the kernel. Needs `npm run build`,
 * gcc and `npm run referee:build`.
 */
export function benchRelocate(rounds = 7): void {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-bench-"));
  try {
    const theirs = compileTheirs(folder);
    console.log(
      `Open and relocate for this kernel, ${rounds} cold rounds, ${WARM_ROUNDS} warm; medians, ms (ours/libbpf):`,
    );
    const node = spreadOf(timesOf(rounds, process.execPath, ["-e", "0"]));
    console.log(`  of our cold times ${node.median.toFixed(1)} ms are node's start (node -e 0)`);
    console.log(
      "  object                              relocations  roots   cold libbpf  ours  ratio   warm libbpf  ours  ratio",
    );
    for (const path of largestObjects(theirs)) printObject(path, theirs, rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileTheirs(folder: string): string {
  const out = join(folder, "relocate");
  const { include, archive } = libbpf();
  // isoc23.c: that libbpf.a may be built against a newer libc than this machine's.
  const sources = [file("relocate.c"), file("../test/referee/isoc23.c")];
  execFileSync("gcc", ["-O2", "-rdynamic", "-o", out, ...sources, `-I${include}`, archive, "-lelf", "-lz", "-ldl"]);
  return out;
}

/** Those with the most code that libbpf loads for this kernel, each once: the corpus has some tools twice. */
function largestObjects(theirs: string): string[] {
  const loaded = corpusObjects().filter((path) => spawnSync(theirs, [path, "1"]).status === 0);
  const bySize = loaded.sort((a, b) => statSync(b).size - statSync(a).size);
  const withRelocations = bySize.filter((path) => rootsOf(path).relocations > 0);
  return withRelocations.slice(0, OBJECTS);
}

function rootsOf(path: string): { relocations: number; roots: number } {
  const records = openObject(readFileSync(path)).ext?.coreRelocations.flatMap((section) => section.records) ?? [];
  return { relocations: records.length, roots: new Set(records.map(({ typeId }) => typeId)).size };
}

function printObject(path: string, theirs: string, rounds: number): void {
  const ours = [file("relocate-once.mjs"), path];
  const cold = takeTurns(
    new Map([
      ["libbpf", () => void execFileSync(theirs, [path, "1"])],
      ["ours", () => void execFileSync(process.execPath, [...ours, "1"])],
    ]),
    rounds,
  );
  const warm = {
    libbpf: inProcess(theirs, [path, `${WARM_ROUNDS}`]),
    ours: inProcess(process.execPath, [...ours, `${WARM_ROUNDS}`]),
  };
  const { relocations, roots } = rootsOf(path);
  const cells = [
    ...[basename(path).slice(0, 34).padEnd(36), `${relocations}`.padStart(10), `${roots}`.padStart(6)],
    ...[compared(cold.get("libbpf")!, cold.get("ours")!), compared(warm.libbpf, warm.ours)],
  ];
  console.log(`  ${cells.join(" ")}`);
}

/** The rounds within one process, but for the first: it is what cold is about. */
function inProcess(command: string, args: readonly string[]): Spread {
  const lines = execFileSync(command, args, { encoding: "utf8" }).trim().split("\n");
  return spreadOf(lines.slice(1).map((line) => Number(line) / 1e6));
}

function timesOf(rounds: number, command: string, args: readonly string[]): number[] {
  return Array.from({ length: rounds }, () => {
    const start = performance.now();
    execFileSync(command, args);
    return performance.now() - start;
  });
}

function compared(theirs: Spread, ours: Spread): string {
  const [a, b] = [theirs.median, ours.median];
  return `${a.toFixed(1).padStart(12)} ${b.toFixed(1).padStart(6)} ${(b / a).toFixed(2).padStart(5)}x`;
}
