/*
 * Every program of the corpus loaded by core-gen and by libbpf, each alone: `npm run test:kernels -- --suite verdicts`.
 * Needs `npm run referee:build`. One check for each object; the last line adds up.
 */
import assert from "node:assert/strict";
import { release } from "node:os";
import { basename } from "node:path";

import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { compareVerdicts, objectsToCompare, verdictsLack } from "./verdicts.ts";

const sums = { ok: 0, refused: 0, pending: 0 };
const reasons = new Map<string, number>();
const before = takeStock();

await check("there is something to compare with", () => {
  assert.equal(verdictsLack(), undefined);
});

await check("the kernel is the one that was asked for", () => {
  const asked = process.env["RUN_IN_KERNEL"];
  if (asked !== undefined) assert.equal(release(), asked);
});

for (const path of objectsToCompare()) {
  await check(basename(path), () => {
    const { ok, refused, pending, differences } = compareVerdicts(path);
    sums.ok += ok;
    sums.refused += refused.length;
    for (const reason of refused) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    sums.pending += pending.length;
    assert.deepEqual(differences, []);
  });
}

await check("nothing is left behind", async () => {
  assert.deepEqual(await leftovers(before), []);
});

console.log(`# programs: ${sums.ok} loaded by both, ${sums.refused} by neither, ${sums.pending} pending`);
console.log(`# ${release()}, refused: ${[...reasons].map(([name, count]) => `${count} ${name}`).join(", ")}`);
finish();
