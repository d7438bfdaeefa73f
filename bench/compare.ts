import { performance } from "node:perf_hooks";

/** The middle of a list of measurements, with the smallest and largest: on a noisy machine the smallest says most. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] ?? NaN, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Runs the contestants by turns, so that a noisy minute hits all of them; milliseconds per run, by name. */
export function takeTurns(contestants: ReadonlyMap<string, () => void>, rounds: number): Map<string, Spread> {
  const times = new Map([...contestants.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of contestants) {
      const start = performance.now();
      run();
      times.get(name)?.push(performance.now() - start);
    }
  }
  return new Map([...times].map(([name, values]) => [name, spreadOf(values)]));
}

/** A table row: "core-gen skel   312 ms (298-360)   24.1 x". */
export function row(name: string, { median, min, max }: Spread, unit: string, base?: Spread): string {
  const ratio =
    base === undefined
      ? ""
      : `   ${(median / base.median).toFixed(2)} x by medians, ${(min / base.min).toFixed(2)} x by minima`;
  return `  ${name.padEnd(36)} ${median.toFixed(1)} ${unit} (${min.toFixed(1)}-${max.toFixed(1)})${ratio}`;
}
