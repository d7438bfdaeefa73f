import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { release } from "node:os";

import { isCoreGenError } from "../../src/errors.ts";
import { arena } from "../objects/arena.skel.ts";
import { arenaFixed } from "../objects/arena.fixed.skel.ts";
import { innerMaps } from "../objects/inner-maps.skel.ts";
import { mapKinds, type MapKinds } from "../objects/map-kinds.skel.ts";
import { mapSettings } from "../objects/map-settings.skel.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { sum } from "../../src/runtime/maps/sum.ts";
import { BPF_F_LOCK } from "../../src/runtime/sys/map-ops.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { typedMaps } from "../objects/typed-maps.skel.ts";
import { activeLsms } from "../support/active-lsms.ts";
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
  await check("entries of typed maps are stored, found, taken and deleted", entriesComeAndGo);
  await check("tries, queues, stacks and mapped arrays do what they are for", otherKindsWork);
  await check("maps in maps, programs, devices, sockets and control groups are put into maps", thingsArePutIntoMaps);
  await check("values are kept with tasks, files and control groups where this kernel can", storageIsKept);
  await check("call stacks are read", stacksAreRead);
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

/** 5.10 has no lookup-and-delete of hash maps, no batches of per-CPU arrays and tries: then it is done otherwise. */
function entriesComeAndGo(): void {
  using skel = typedMaps.load();
  const { counts, recent_per_cpu, numbers_per_cpu, guarded, flows } = skel.maps;
  const cpus = possibleCpus();
  const forAll = (value: number): number[] => new Array<number>(cpus).fill(value);
  counts.setMany(Array.from({ length: 2000 }, (_, i) => [i, { packets: BigInt(i), errors: 1 }] as const));
  assert.deepEqual([counts.size, counts.take(5), counts.take(5)], [2000, { packets: 5n, errors: 1 }, undefined]);
  assert.equal(counts.deleteMany([1, 2, 5, 1999, 2000]), 3);
  for (const key of counts.keys()) if (key % 2 === 0) counts.delete(key);
  assert.deepEqual([counts.drain().length, counts.size], [997, 0]);
  recent_per_cpu.setMany([
    [1, forAll(10)],
    [2, forAll(20)],
  ]);
  assert.deepEqual([recent_per_cpu.merged(2, sum), recent_per_cpu.take(2)], [20 * cpus, forAll(20)]);
  assert.deepEqual(recent_per_cpu.drain(), [[1, forAll(10)]]);
  numbers_per_cpu.setMany([[2, forAll(7)]]);
  assert.deepEqual([...numbers_per_cpu], [forAll(0), forAll(0), forAll(7)]);
  guarded.set(1, { lock: { val: 0 }, a: 5, b: 6 }, BPF_F_LOCK);
  assert.equal(guarded.get(1, BPF_F_LOCK)?.b, 6);
  for (let port = 0; port < 10; port++) flows.set({ address: 1, port }, 1n);
  assert.throws(() => flows.set({ address: 2, port: 1 }, 1n), { errnoName: "E2BIG" });
  flows.clear();
  assert.equal(flows.size, 0);
}

function otherKindsWork(): void {
  using skel = typedMaps.load();
  const { routes, routes6, jobs, undo, shared } = skel.maps;
  routes.setMany([
    ["10.0.0.0/8", 1],
    ["10.1.0.0/16", 2],
  ]);
  routes6.set("2001:db8::/32", 3);
  assert.deepEqual([routes.get("10.1.2.3"), routes.get("10.2.0.0"), routes6.get("2001:db8::5")], [2, 1, 3]);
  assert.deepEqual(
    [routes.take("10.1.0.0/16"), [...routes.keys()], routes6.deleteMany(["::/0"])],
    [2, ["10.0.0.0/8"], 0],
  );
  jobs.push({ packets: 1n, errors: 0 }).push({ packets: 2n, errors: 0 });
  undo.push(1).push(2);
  assert.deepEqual([jobs.pop()?.packets, jobs.peek()?.packets, undo.drain()], [1n, 2n, [2, 1]]);
  shared.set(2, 5);
  assert.equal(runOnFrame(skel.progs.count), 0);
  assert.deepEqual([...shared], [0, 0, 6, 0, 0]);
}

function thingsArePutIntoMaps(): void {
  using skel = typedMaps.load();
  const { by_number, by_flow, one, jumps, ports, queues, groups, sockets } = skel.maps;
  by_number.set(1, one);
  by_flow.set({ address: 1, port: 2 }, one);
  by_number.get(1)?.set(3, 33n);
  assert.deepEqual([by_flow.get({ address: 1, port: 2 })?.get(3), by_flow.keys().length], [33n, 1]);
  jumps.set(1, skel.progs.answer);
  assert.equal(runOnFrame(skel.progs.jump), 42);
  ports.set(0, "lo");
  queues.set(0, 64);
  assert.deepEqual([ports.get(0)?.ifindex, queues.get(0)?.qsize], [1, 64]);
  withCgroups((path) => groups.set(0, path));
  assert.deepEqual([groups.delete(0), sockets.delete(0), sockets.cookie(0)], [true, false, undefined]);
}

function storageIsKept(): void {
  const value = { n: 1n, m: 2n };
  withKind("task_storage", ({ task_storage }) => {
    task_storage.set(process.pid, value);
    assert.deepEqual([task_storage.get(process.pid), task_storage.delete(process.pid)], [value, true]);
  });
  withKind("inode_storage", ({ inode_storage }) => {
    // Not on Debian's 5.10.
    if (activeLsms().includes("bpf")) inode_storage.set("/proc/self/status", value);
    else assert.throws(() => inode_storage.set("/proc/self/status", value), /EBADF: the BPF LSM is not active/u);
    assert.equal(inode_storage.has("/"), false);
  });
  withKind("cgrp_storage", ({ cgrp_storage }) => {
    withCgroups((path) => {
      cgrp_storage.set(path, value);
      assert.deepEqual(cgrp_storage.get(path), value);
    });
  });
  withKind("bloom_filter", ({ bloom_filter }) => {
    bloom_filter.add(value);
    assert.equal(bloom_filter.has(value), true);
  });
}

/** Nothing where the kernel is older than the kind. */
function withKind(kind: keyof MapKinds["maps"], use: (maps: MapKinds["maps"]) => void): void {
  const version = since.get(kind);
  if (version !== undefined && isOlder(version)) return;
  const opened = mapKinds.open();
  for (const [name, map] of Object.entries(opened.maps)) map.autocreate = name === kind;
  using skel = opened.load();
  use(skel.maps);
}

function withCgroups(use: (path: string) => void): void {
  const path = mkdtempSync("/tmp/core-gen-cgroup-");
  execFileSync("mount", ["-t", "cgroup2", "none", path]);
  try {
    use(path);
  } finally {
    execFileSync("umount", [path]);
    rmdirSync(path);
  }
}

function stacksAreRead(): void {
  using skel = typedMaps.load();
  skel.bss.pid = process.pid;
  skel.attach();
  closeSync(openSync("/dev/null", "r"));
  skel.detach();
  const [first] = skel.maps.stacks.get(skel.bss.stack_id) ?? [];
  assert.ok(first !== undefined && first > 1n << 63n);
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
