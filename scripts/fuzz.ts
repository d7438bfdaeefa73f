/*
 * Reads damaged BTF until it breaks something: each file must be a value or an error of ours, within a second, and without
 * much memory.
 *
 *   npm run fuzz -- --count N      N files, 1,000,000 without a number
 *   npm run fuzz -- --minutes N    as many as N minutes have room for
 *   npm run fuzz -- --from N       begins with file N: they are the same each time
 *
 * Prints each file that is read wrong with its number, and ends with status 1 when there was one.
 */
import { parseArgs } from "node:util";

import { damagedCase, problemWith, seeds } from "../test/fuzz/btf-cases.ts";

const REPORT_EVERY = 50_000;
const MOST_PROBLEMS = 20;

const { values } = parseArgs({
  options: { count: { type: "string" }, minutes: { type: "string" }, from: { type: "string" } },
});
const from = Number(values.from ?? 0);
const end = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000;
const count = Number(values.count ?? (values.minutes === undefined ? 1_000_000 : Number.POSITIVE_INFINITY));

const all = seeds();
console.log(`fuzz: ${all.length} seeds of ${all.reduce((sum, { bytes }) => sum + bytes.length, 0)} bytes`);
const start = performance.now();
let problems = 0;
let done = 0;
while (done < count && Date.now() < end && problems < MOST_PROBLEMS) {
  const number = from + done;
  const problem = problemWith(damagedCase(all, number));
  if (problem !== undefined) {
    problems++;
    console.log(`fuzz: file ${number}, from "${damagedCase(all, number).name}": ${problem}`);
  }
  if (++done % REPORT_EVERY === 0) report();
}
report();
process.exitCode = problems === 0 ? 0 : 1;

function report(): void {
  const seconds = (performance.now() - start) / 1000;
  const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    `fuzz: ${done} files in ${seconds.toFixed(0)} s (${Math.round(done / seconds)} a second), ${problems} problems, ${rss} MB`,
  );
}
