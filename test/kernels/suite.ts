/*
 * What must work under every kernel. run.ts bundles this file into one module and runs it in a virtual machine per
 * kernel, where Node is some 25 times slower than natively: plain checks, no test runner.
 */
import assert from "node:assert/strict";
import { release } from "node:os";

import koffi from "koffi";

import { bpfRefusal } from "../support/bpf-ids.ts";
import { leftovers, takeStock } from "../support/leftovers.ts";
import { check, finish } from "./check.ts";
import { checkExamples } from "./examples.ts";
import { checkGuide } from "./guide.ts";
import { checkHooks } from "./hooks.ts";
import { checkKsyms } from "./ksyms.ts";
import { checkMaps } from "./maps.ts";
import { checkModules } from "./modules.ts";
import { checkStructOps } from "./struct-ops.ts";

await check("the kernel is the one that was asked for", () => {
  const asked = process.env["RUN_IN_KERNEL"];
  if (asked !== undefined) assert.equal(release(), asked);
});

await check("koffi calls libc", () => {
  const getpid = koffi.load(null).func("int getpid()") as () => number;
  assert.equal(getpid(), process.pid);
});

await check("bpf() is open to root", () => {
  assert.equal(bpfRefusal(), undefined);
});

const before = takeStock();

await checkExamples();
await checkGuide();
await checkMaps();
await checkModules();
await checkKsyms();
// Not every machine lets its functions be traced, as the one that builds this doesn't: test/kernel/links.test.ts.
if (process.env["RUN_IN_KERNEL"] !== undefined) await checkHooks();
await checkStructOps();

await check("nothing is left behind", async () => {
  assert.deepEqual(await leftovers(before), []);
});

finish();
