/*
 * Sends numbered records with a checksum in each through a ring buffer, and checks that each arrives once and whole or
 * was counted as dropped. Needs root and Linux 5.17 (bpf_loop).
 *
 *   npx tsx scripts/soak.ts              100,000,000 records
 *   npx tsx scripts/soak.ts --count N    N records
 */
import { parseArgs } from "node:util";
import { soak } from "../test/support/soak.ts";

const { values } = parseArgs({ options: { count: { type: "string" } } });
const count = Number(values.count ?? 100_000_000);
if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`--count ${values.count}: not a number of records`);

let reported = 0;
const { delivered, dropped, missing, problems, seconds } = await soak(count, (sent) => {
  if (sent < reported + count / 10) return;
  reported = sent;
  console.log(`soak: ${sent} of ${count} records`);
});
for (const problem of problems) console.log(`soak: ${problem}`);
const isWhole = problems.length === 0 && missing === dropped && delivered + dropped === count;
console.log(
  `soak: ${delivered} records were delivered and ${dropped} dropped in ${seconds.toFixed(1)} s, ${missing} are missing: ${isWhole ? "all is well" : "FAILED"}`,
);
process.exitCode = isWhole ? 0 : 1;
