import assert from "node:assert/strict";
import { release } from "node:os";

import { isCoreGenError } from "../../src/errors.ts";
import { arena } from "../objects/arena.skel.ts";
import { arenaFixed } from "../objects/arena.fixed.skel.ts";
import { innerMaps } from "../objects/inner-maps.skel.ts";
import { mapKinds } from "../objects/map-kinds.skel.ts";
import { mapSettings } from "../objects/map-settings.skel.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { runOnFrame } from "../support/run-program.ts";
import { check } from "./check.ts";

/** The version of Linux that each kind came with: those that are younger than the oldest kernel here. */
const since: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["task_storage", [5, 11]],
  ["bloom_filter", [5, 16]],
  ["user_ringbuf", [6, 1]],
  ["cgrp_storage", [6, 2]],
  ["arena", [6, 9]],
]);

/** Maps of every kind, and everything about maps that depends on the kernel. */
export async function checkMaps(): Promise<void> {
  await check("every kind of map that this kernel has is made, and others are not", everyKindIsMade);
  await check("maps of maps and program arrays hold what the object says", innerMapsAreFilled);
  await check("pinned maps are taken by the next skeleton", pinnedMapsAreTaken);
  await check("maps that exist and longer sections are used", settingsCount);
  await check("variables in an arena are shared with programs", arenasAreShared);
}

function everyKindIsMade(): void {
  const wrong: string[] = [];
  for (const kind of Object.keys(mapKinds.open().maps)) {
    const version = since.get(kind);
    const expected = version !== undefined && isOlder(version) ? "too new" : "made";
    const found = make(kind);
    if (found !== expected) wrong.push(`${kind} is ${found}, not ${expected}`);
  }
  assert.deepEqual(wrong, []);
}

/** One map alone. */
function make(kind: string): string {
  const opened = mapKinds.open();
  for (const [name, map] of Object.entries(opened.maps)) map.autocreate = name === kind;
  try {
    opened.load().close();
    return "made";
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
    return error.hints[0]?.includes(`this is ${release()}`) === true ? "too new" : "refused";
  }
}

function innerMapsAreFilled(): void {
  using skel = innerMaps.load();
  assert.equal(runOnFrame(skel.progs.entry), 42);
  assert.deepEqual([skel.maps.first.get(1), skel.maps.second.get(1), skel.bss.tails], [1n, 10n, 1n]);
}

function pinnedMapsAreTaken(): void {
  using bpffs = mountBpffs();
  const settings = { pinRoot: `${bpffs.path}/app` };
  using first = pinned.load(settings);
  using second = pinned.load(settings);
  runOnFrame(first.progs.count);
  runOnFrame(second.progs.count);
  assert.equal(first.maps.shared.get(1), 2n);
  const other = pinned.open(settings);
  other.maps.shared.maxEntries = 5;
  assert.throws(() => other.load(), { code: "incompatible-map" });
}

function settingsCount(): void {
  using first = mapSettings.load();
  const opened = mapSettings.open();
  opened.maps.counts.reuse(first.maps.counts);
  opened.progs.sum.autoload = true;
  opened.rodata.length = 100;
  opened.sections.data_numbers.valueSize = 8 + 8 * 100;
  using second = opened.load();
  first.maps.counts.set(1, 5n);
  assert.equal(second.maps.counts.get(1), 5n);
  assert.deepEqual([runOnFrame(second.progs.sum), second.bss.total], [7, 5n]);
}

function arenasAreShared(): void {
  if (isOlder([6, 9])) return;
  for (const skeleton of [arena, arenaFixed]) {
    using skel = skeleton.load();
    assert.equal(runOnFrame(skel.progs.move), 20);
    assert.deepEqual([skel.arena.runs, skel.arena.list, skel.bss.plain], [6n, [10, 20, 30, 101], 6n]);
  }
}

function isOlder([major, minor]: readonly [number, number]): boolean {
  const [ours = 0, ourMinor = 0] = release().split(".").map(Number);
  return ours < major || (ours === major && ourMinor < minor);
}
