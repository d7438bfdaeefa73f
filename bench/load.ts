import { execFileSync, spawnSync } from "node:child_process";
import { basename } from "node:path";

import { corpusObjects } from "../test/referee/referee.ts";
import { spreadOf } from "./compare.ts";
import { bundleOurs, compileTheirs, withBenchFolder } from "./side-by-side.ts";

/** Milliseconds outside of the kernel: of the first load in a process, and of the quickest after it. */
interface Times {
  readonly first: number;
  readonly warm: number;
  /** What the kernel took of the quickest. */
  readonly kernel: number;
}

/** A program and its arguments before the object's path and the number of rounds. */
type Command = readonly [program: string, ...args: string[]];

/**
 * Opening and loading the objects of the corpus that both can load here, beside libbpf, in turns. What is compared is
 * the time outside of bpf(), which is the loaders' own; the smallest, as the machine may be busy. libbpf reads the
 * kernel's types each time, where it needs them; core-gen keeps them. Needs root, gcc and `npm run referee:build`.
 */
export function benchLoad(rounds = 3, loads = 20): void {
  withBenchFolder((folder) => {
    const theirs: Command = [compileTheirs("load", folder)];
    const ours: Command = [process.execPath, bundleOurs("load", folder)];
    const objects = corpusObjects().filter((path) => succeeds(theirs, path) && succeeds(ours, path));
    console.log(
      `Loading ${objects.length} objects, ${rounds} processes in turns with ${loads} loads each; the smallest, ms outside of bpf():`,
    );
    console.log("  object                               kernel   libbpf    ours  ratio   first: libbpf    ours  ratio");
    const all = objects.map((path) => {
      const runs = Array.from({ length: rounds }, () => ({
        theirs: measure(theirs, path, loads),
        ours: measure(ours, path, loads),
      }));
      return printObject(path, runs);
    });
    printSums(all);
  });
}

function succeeds([program, ...args]: Command, path: string): boolean {
  return spawnSync(program, [...args, path, "1"]).status === 0;
}

function measure([program, ...args]: Command, path: string, loads: number): Times {
  const lines = execFileSync(program, [...args, path, `${loads}`], { encoding: "utf8" })
    .trim()
    .split("\n");
  const [first, ...more] = lines.map((line) => {
    const [all = 0, kernel = 0] = line.split(" ").map((nanoseconds) => Number(nanoseconds) / 1e6);
    return { outside: all - kernel, kernel };
  });
  return {
    first: first?.outside ?? NaN,
    warm: Math.min(...more.map(({ outside }) => outside)),
    kernel: Math.min(...more.map(({ kernel }) => kernel)),
  };
}

/** What one object took, libbpf first. */
interface Outcome {
  readonly warm: readonly [number, number];
  readonly first: readonly [number, number];
}

function printObject(path: string, runs: readonly { readonly theirs: Times; readonly ours: Times }[]): Outcome {
  const least = (pick: (times: Times) => number): [number, number] => [
    Math.min(...runs.map(({ theirs }) => pick(theirs))),
    Math.min(...runs.map(({ ours }) => pick(ours))),
  ];
  const [warm, first] = [least(({ warm: time }) => time), least(({ first: time }) => time)];
  const kernel = least(({ kernel: time }) => time)[0].toFixed(2);
  const cells = ([a, b]: readonly [number, number], width: number): string =>
    `${a.toFixed(2).padStart(width)} ${b.toFixed(2).padStart(7)} ${show(b / a).padStart(6)}`;
  console.log(
    `  ${basename(path).slice(0, 34).padEnd(36)} ${kernel.padStart(6)} ${cells(warm, 8)} ${cells(first, 15)}`,
  );
  return { warm, first };
}

function printSums(all: readonly Outcome[]): void {
  for (const kind of ["warm", "first"] as const) {
    const { median, min, max } = spreadOf(all.map(({ [kind]: [theirs, ours] }) => ours / theirs));
    const [theirs, ours] = [0, 1].map((side) => all.reduce((sum, one) => sum + (one[kind][side] ?? 0), 0));
    console.log(
      `  ${kind}, ours / libbpf: ${show(median)} (${show(min)}-${show(max)}); all together ${ours?.toFixed(0)} / ${theirs?.toFixed(0)} ms = ${show((ours ?? NaN) / (theirs ?? NaN))}`,
    );
  }
}

function show(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}
