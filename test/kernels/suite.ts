/*
 * What must work under every kernel. run.ts bundles this file into one module and runs it in a virtual machine per
 * kernel, where Node is some 25 times slower than natively: plain checks, no test runner.
 */
import assert from "node:assert/strict";

import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { checkExamples } from "./examples.ts";
import { checkGuide } from "./guide.ts";
import { checkKsyms } from "./ksyms.ts";
import { checkMachine } from "./machine.ts";
import { checkMaps } from "./maps.ts";
import { checkModules } from "./modules.ts";
import { checkRecords } from "./records.ts";
import { checkStructOps } from "./struct-ops.ts";

await checkMachine();

const before = takeStock();

await checkExamples();
await checkGuide();
await checkMaps();
await checkModules();
await checkKsyms();
await checkRecords();
await checkStructOps();

await check("nothing is left behind", async () => {
  assert.deepEqual(await leftovers(before), []);
});

finish();
