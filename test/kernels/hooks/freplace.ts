import assert from "node:assert/strict";

import type { CoreGenError } from "../../../src/errors.ts";
import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { extendedReplacement, type ExtendedReplacement } from "../../objects/extended.replacement.skel.ts";
import { extended, type Extended } from "../../objects/extended.skel.ts";
import { check } from "../check.ts";
import { checkHook, refusedHere } from "./check-hook.ts";

/** What `ask` returns by itself for these bytes, and what it returns when its `answer()` was replaced: extended.bpf.c. */
const [OWN, REPLACED, REPLACED_BY_OTHER] = [2, 42, 43];
const data = new Uint8Array(64);
const CYCLES = 100;

/** Programs in the place of functions of other programs. */
export async function checkFreplace(): Promise<void> {
  const lacking = refusedHere(() => {
    using target = extended.load();
    loadFor(target).close();
  });
  await checkHook("freplace", lacking, seeBySection);
  await checkHook("freplace, in another program than it was loaded for", lacking, seeElsewhere);
  if (lacking !== undefined) return;
  await check('SEC("freplace") without a name is attached by itself where its attachTarget says', seeWithoutName);
  await check("a freplace that can't be says why", refusals);
  await check("a replaced function is its own again after many cycles", cycle);
}

function answerOf({ progs }: Extended): number {
  return progs.ask.testRun({ data }).returnValue;
}

function loadFor(target: Extended): ExtendedReplacement {
  const opened = extendedReplacement.open();
  opened.progs.replacement.attachTarget = { program: target.progs.ask };
  return opened.load();
}

function seeBySection(): void {
  using target = extended.load();
  using skel = loadFor(target);
  assert.equal(answerOf(target), OWN);
  skel.attach();
  assert.equal(answerOf(target), REPLACED);
  const info = skel.links.replacement?.info();
  assert.equal(info?.type, "tracing");
  if (kernelIsAtLeast([5, 13])) assert.equal(info.targetObjectId, target.progs.ask.info().id);
  skel.detach();
  assert.equal(answerOf(target), OWN);
}

function seeElsewhere(): void {
  using target = extended.load();
  using other = extended.load();
  using skel = loadFor(target);
  const link = skel.progs.replacement.attachFreplace({ program: other.progs.ask });
  assert.deepEqual([answerOf(target), answerOf(other)], [OWN, REPLACED]);
  link.detach();
  assert.deepEqual([answerOf(target), answerOf(other)], [OWN, OWN]);
  using again = skel.progs.replacement.attachFreplace({ program: target.progs.ask.fd, function: "answer" });
  assert.deepEqual([answerOf(target), answerOf(other)], [REPLACED, OWN]);
  assert.equal(again.what, 'program "replacement" in the place of function answer');
}

function seeWithoutName(): void {
  using target = extended.load();
  const opened = extendedReplacement.open();
  opened.progs.replacement.autoload = false;
  opened.progs.of_no_name.autoload = true;
  opened.progs.of_no_name.attachTarget = { program: target.progs.ask, function: "answer" };
  using skel = opened.load();
  skel.attach();
  assert.equal(answerOf(target), REPLACED_BY_OTHER);
  skel.detach();
  assert.equal(answerOf(target), OWN);
}

function refusals(): void {
  using target = extended.load();
  using other = extended.load();
  using skel = loadFor(target);
  const { replacement } = skel.progs;
  const first = replacement.attachFreplace();
  assert.throws(
    () => replacement.attachFreplace({ program: other.progs.ask, function: "anwser" }),
    (error: CoreGenError) => {
      const where = 'attaching program "replacement" in the place of function anwser';
      assert.equal(error.message, `${where}: the other program has no function "anwser"`);
      assert.deepEqual(error.hints, ["Near it: answer."]);
      return true;
    },
  );
  using second = loadFor(other);
  assert.throws(
    () => second.progs.replacement.attachFreplace({ program: target.progs.ask }),
    /failed with EBUSY: something has a hold of that function: another program is in its place, or traces it$/u,
  );
  first.detach();
  assert.throws(
    () => replacement.attachFreplace(),
    /failed with E\w+: it was attached before, and the kernel wants to be told again to what$/u,
  );
}

function cycle(): void {
  using target = extended.load();
  using skel = loadFor(target);
  for (let i = 0; i < CYCLES; i++) skel.progs.replacement.attachFreplace({ program: target.progs.ask }).detach();
  assert.equal(answerOf(target), OWN);
}
