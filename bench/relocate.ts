import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";

import { openObject } from "../src/object/open.ts";
import { corpusObjects } from "../test/referee/referee.ts";
import { spreadOf, type Spread } from "./compare.ts";
import { bundleOurs, compileTheirs, withBenchFolder } from "./side-by-side.ts";

const LARGEST = 12;
const WITH_MOST_ROOTS = 4;
/** Of a long-lived process: V8 optimizes during the first ones. */
const WARM_ROUNDS = 40;
const FIRST_WARM_ROUND = 20;

/** A program and its arguments before the object's path and the number of rounds. */
type Command = readonly [program: string, ...args: string[]];

/**
 * Opening and relocating the largest objects of the corpus, and those with the most root types, beside libbpf: as whole
 * processes (cold), as the first round within such a process (first), and over and over in one process (warm). Both
 * parse the kernel's BTF each time, and neither calls the kernel. Needs gcc and `npm run referee:build`.
 */
export function benchRelocate(rounds = 9): void {
  withBenchFolder((folder) => {
    const theirs: Command = [compileTheirs("relocate", folder)];
    const ours: Command = [process.execPath, bundleOurs("relocate", folder)];
    console.log(
      `Open and relocate for this kernel, ${rounds} cold rounds, warm rounds ${FIRST_WARM_ROUND} to ${WARM_ROUNDS}; the smallest of each, ms:`,
    );
    const objects = chosenObjects(theirs);
    printStart("node's start (node -e 0)", [process.execPath, "-e", "0"], rounds);
    printStart("that and our imports, koffi's library included", [...ours, objects[0] ?? "", "0"], rounds);
    const columns = ["cold", "first", "warm"].map((name) => `${name.padStart(8)} libbpf   ours  ratio`);
    console.log(`  ${"object".padEnd(36)} relocations roots ${columns.join(" ")}`);
    for (const path of objects) printObject(path, theirs, ours, rounds);
  });
}

/** Those that libbpf loads for this kernel, each once: the largest, then others with many root types. */
function chosenObjects(theirs: Command): string[] {
  const loaded = corpusObjects().filter((path) => spawnSync(theirs[0], [path, "1"]).status === 0);
  const relocated = loaded.filter((path) => rootsOf(path).relocations > 0);
  const largest = relocated.sort((a, b) => statSync(b).size - statSync(a).size).slice(0, LARGEST);
  const others = relocated.filter((path) => !largest.includes(path));
  return [...largest, ...others.sort((a, b) => rootsOf(b).roots - rootsOf(a).roots).slice(0, WITH_MOST_ROOTS)];
}

function rootsOf(path: string): { relocations: number; roots: number } {
  const records = openObject(readFileSync(path)).ext?.coreRelocations.flatMap((section) => section.records) ?? [];
  return { relocations: records.length, roots: new Set(records.map(({ typeId }) => typeId)).size };
}

function printStart(what: string, command: Command, rounds: number): void {
  const { min } = spreadOf(Array.from({ length: rounds }, () => runOnce(command).process));
  console.log(`  ${min.toFixed(1)} ms are ${what}`);
}

function printObject(path: string, theirs: Command, ours: Command, rounds: number): void {
  const cold = { libbpf: [] as Run[], ours: [] as Run[] };
  // By turns, so that a noisy minute hits both.
  for (let round = 0; round < rounds; round++) {
    cold.libbpf.push(runOnce([...theirs, path, "1"]));
    cold.ours.push(runOnce([...ours, path, "1"]));
  }
  const [a, b] = [warmRounds([...theirs, path]), warmRounds([...ours, path])];
  const { relocations, roots } = rootsOf(path);
  const compare = (of: (run: Run) => number): string =>
    compared(spreadOf(cold.libbpf.map(of)), spreadOf(cold.ours.map(of)));
  const cells = [
    ...[basename(path).slice(0, 36).padEnd(36), `${relocations}`.padStart(11), `${roots}`.padStart(5)],
    ...[compare((run) => run.process), compare((run) => run.first), compared(a, b)],
  ];
  console.log(`  ${cells.join(" ")}`);
}

/** A whole process, and the first round within it: milliseconds. */
interface Run {
  readonly process: number;
  readonly first: number;
}

function runOnce([program, ...args]: Command): Run {
  const start = performance.now();
  const output = execFileSync(program, args, { encoding: "utf8" });
  return { process: performance.now() - start, first: Number(output.trim()) / 1e6 };
}

function warmRounds([program, ...args]: Command): Spread {
  const lines = execFileSync(program, [...args, `${WARM_ROUNDS}`], { encoding: "utf8" })
    .trim()
    .split("\n");
  return spreadOf(lines.slice(FIRST_WARM_ROUND).map((line) => Number(line) / 1e6));
}

/** By minima: what else runs on the machine only ever adds, and adds more to the process with several threads. */
function compared(theirs: Spread, ours: Spread): string {
  const [a, b] = [theirs.min, ours.min];
  return `${a.toFixed(1).padStart(15)} ${b.toFixed(1).padStart(6)} ${(b / a).toFixed(2).padStart(5)}x`;
}
