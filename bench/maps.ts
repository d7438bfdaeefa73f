import { execFileSync } from "node:child_process";

import { row, spreadOf, type Spread } from "./compare.ts";
import { bundleOurs, compileTheirs, withBenchFolder } from "./side-by-side.ts";

/** Nanoseconds of each operation on one element, by its name. */
type Times = Map<string, number>;

/**
 * Operations on maps, beside a C program on libbpf that decodes the same, in turns: u32 keys and u64 values, `entries`
 * of them, which the kernel copies. Needs root, gcc and `npm run referee:build`.
 */
export function benchMaps(rounds = 5, entries = 20_000, calls = 20_000): void {
  const counts = [`${entries}`, `${calls}`];
  withBenchFolder((folder) => {
    const [program, bundle] = [compileTheirs("maps", folder), bundleOurs("maps", folder)];
    const theirs: Times[] = [];
    const ours: Times[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(measure(program, ...counts));
      ours.push(measure(process.execPath, bundle, ...counts));
    }
    report(theirs, ours, entries);
  });
}

function measure(program: string, ...args: string[]): Times {
  const printed = execFileSync(program, args, { encoding: "utf8" }).trim().split("\n");
  return new Map(
    printed.map((line) => {
      const [, name = "", time] = /^(.*) ([\d.]+)$/u.exec(line) ?? [];
      return [name, Number(time)];
    }),
  );
}

/** What our ways through a map are compared with, where C has one for all of them. */
const counterparts: ReadonlyMap<string, string> = new Map([
  ["batch values()", "batch"],
  ["batch [key, value]", "batch"],
]);

function report(theirs: readonly Times[], ours: readonly Times[], entries: number): void {
  console.log(`Operations on maps of ${entries} entries, ns for each element:`);
  const spread = (all: readonly Times[], name: string): Spread => spreadOf(all.map((times) => times.get(name) ?? NaN));
  for (const name of ours[0]?.keys() ?? []) {
    const base = spread(theirs, counterparts.get(name) ?? name);
    console.log(row(`${name}, C with libbpf`, base, "ns"));
    console.log(row(`${name}, core-gen`, spread(ours, name), "ns", base));
  }
}
