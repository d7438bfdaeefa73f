import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { corpusObjects, libbpf } from "../test/referee/referee.ts";
import { spreadOf } from "./compare.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Milliseconds of a load: the first in a process, and the median of those after it. */
interface Times {
  readonly cold: number;
  readonly warm: number;
  /** The part of `warm` in the kernel. */
  readonly kernel: number;
  readonly outside: number;
  readonly coldOutside: number;
}

/**
 * Opening and loading the objects of the corpus that both can load here, beside libbpf, in turns. What is compared is
 * the time outside of bpf(), which is the loaders' own; both have the kernel's in common. Needs root, `npm run build`,
 * gcc and `npm run referee:build`.
 */
export function benchLoad(rounds = 3, loads = 6): void {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-bench-"));
  try {
    const theirs = compileTheirs(folder);
    const ours = file("load-once.mjs");
    const objects = corpusObjects().filter(
      (path) => succeeds(theirs, [path, "1"]) && succeeds(process.execPath, [ours, path, "1"]),
    );
    console.log(
      `Loading ${objects.length} objects, ${rounds} processes in turns with ${loads} loads each; medians, ms:`,
    );
    console.log("  object                               kernel   libbpf    ours  ratio   first: libbpf    ours  ratio");
    const all = objects.map((path) => {
      const runs: { theirs: Times; ours: Times }[] = [];
      for (let round = 0; round < rounds; round++)
        runs.push({
          theirs: measure(theirs, [path, `${loads}`]),
          ours: measure(process.execPath, [ours, path, `${loads}`]),
        });
      return printObject(path, runs);
    });
    const ratios = spreadOf(all.map(({ warm }) => warm));
    const cold = spreadOf(all.map(({ cold: first }) => first));
    console.log(
      `  outside of the kernel, ours / libbpf: ${show(ratios.median)} (${show(ratios.min)}-${show(ratios.max)}), the first in a process ${show(cold.median)} (${show(cold.min)}-${show(cold.max)})`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileTheirs(folder: string): string {
  const out = join(folder, "load");
  const { include, archive } = libbpf();
  // isoc23.c: that libbpf.a may be built against a newer libc than this machine's.
  const sources = [file("load.c"), file("../test/referee/isoc23.c")];
  execFileSync("gcc", ["-O2", "-rdynamic", "-o", out, ...sources, `-I${include}`, archive, "-lelf", "-lz", "-ldl"]);
  return out;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}

function measure(command: string, args: readonly string[]): Times {
  const lines = execFileSync(command, args, { encoding: "utf8" }).trim().split("\n");
  const loads = lines.map((line) => line.split(" ").map((nanoseconds) => Number(nanoseconds) / 1e6));
  const [first = [], ...more] = loads;
  const median = (values: readonly number[]): number => spreadOf(values).median;
  const outside = ([all = 0, kernel = 0]: readonly number[]): number => all - kernel;
  return {
    cold: first[0] ?? 0,
    warm: median(more.map(([all = 0]) => all)),
    kernel: median(more.map(([, kernel = 0]) => kernel)),
    outside: median(more.map(outside)),
    coldOutside: outside(first),
  };
}

function printObject(
  path: string,
  runs: readonly { theirs: Times; ours: Times }[],
): { readonly warm: number; readonly cold: number } {
  const median = (pick: (run: { theirs: Times; ours: Times }) => number): number => spreadOf(runs.map(pick)).median;
  const kernel = median((run) => run.theirs.kernel);
  const warm = [median((run) => run.theirs.outside), median((run) => run.ours.outside)] as const;
  const cold = [median((run) => run.theirs.coldOutside), median((run) => run.ours.coldOutside)] as const;
  const cells = (pair: readonly [number, number], width: number): string =>
    `${pair[0].toFixed(2).padStart(width)} ${pair[1].toFixed(2).padStart(7)} ${show(pair[1] / pair[0]).padStart(6)}`;
  console.log(
    `  ${basename(path).slice(0, 34).padEnd(36)} ${kernel.toFixed(2).padStart(6)} ${cells(warm, 8)} ${cells(cold, 15)}`,
  );
  return { warm: warm[1] / warm[0], cold: cold[1] / cold[0] };
}

function show(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}
