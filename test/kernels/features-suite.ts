/*
 * What the kernel can, as core-gen and `bpftool feature probe` find it out: `npm run test:kernels -- --suite features`.
 * Needs `npm run referee:build`.
 */
import assert from "node:assert/strict";
import { release } from "node:os";

import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { compareFeatures, featuresLack } from "./features.ts";

await check("the kernel is the one that was asked for", () => {
  const asked = process.env["RUN_IN_KERNEL"];
  if (asked !== undefined) assert.equal(release(), asked);
});

await check("there is something to compare with", () => {
  assert.equal(featuresLack(), undefined);
});

// What is printed first makes Node open something that it keeps.
const before = takeStock();

await check("features are the same as bpftool's", () => {
  const { same, differences } = compareFeatures();
  console.log(
    `# ${Object.entries(same)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(", ")} the same`,
  );
  assert.deepEqual(differences, []);
});

await check("nothing is left behind", async () => {
  assert.deepEqual(await leftovers(before), []);
});

finish();
