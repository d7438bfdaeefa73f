import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

import type { HashMap } from "../../../src/runtime/maps/index.ts";
import type { Program } from "../../../src/runtime/programs/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { leastSum, total, type Hist } from "./histogram.ts";

interface OneDisk {
  rodata: { filter_dev: boolean; targ_dev: number };
}

export interface BlockTools {
  readonly biolatency: Tool<
    { hists: HashMap<{ cmd_flags: number; dev: number }, Hist> },
    Record<"block_rq_insert_btf" | "block_rq_insert" | "block_rq_issue" | "block_rq_complete", Program>,
    { rodata: OneDisk["rodata"] & { targ_per_disk: boolean } }
  >;
  readonly biopattern: Tool<
    { counters: HashMap<number, { last_sector: bigint; bytes: bigint; sequential: number; random: number }> },
    object,
    OneDisk
  >;
  readonly bitesize: Tool<{ hists: HashMap<{ comm: string }, Hist> }, object, OneDisk>;
}

const TIMES = 20;
/** What the disk takes for each request, in microseconds: in slot 13 or, as the emulator is slow, behind it. */
const LATENCY = 10_000;
const LATENCY_SLOT = 13;
const DISK = "/dev/nullb0";

/** Tools that watch disks: a null_blk, which takes the same time for each request. */
export async function checkBlocks(tools: BlockTools): Promise<void> {
  const module = ["null_blk", "nr_devices=1", "gb=1", "bs=512", "queue_mode=2", "irqmode=2"];
  execFileSync("modprobe", [...module, `completion_nsec=${LATENCY * 1000}`]);
  writeFileSync("/sys/block/nullb0/queue/scheduler", "none");
  const dev = readDevice();
  await checkTool("biolatency", undefined, () => latenciesAreTheDisks(tools.biolatency, dev));
  await checkTool("biopattern", undefined, () => seeksAreRandom(tools.biopattern, dev));
  await checkTool("bitesize", undefined, () => sizesAreThoseWritten(tools.bitesize, dev));
  execFileSync("rmmod", ["null_blk"]);
}

/** The disk's number, as the kernel has it in a `dev_t`. */
function readDevice(): number {
  const [major = 0, minor = 0] = readFileSync("/sys/block/nullb0/dev", "latin1").split(":").map(Number);
  return (major << 20) | minor;
}

/** What /sys counts: requests, bytes and milliseconds of writing. */
function written(): { writes: number; bytes: number; ms: number } {
  const stat = readFileSync("/sys/block/nullb0/stat", "latin1").trim().split(/\s+/u).map(Number);
  return { writes: stat[4]!, bytes: stat[6]! * 512, ms: stat[7]! };
}

/** Writes blocks past the page cache, each a request, and returns what /sys has counted. */
function write(kilobytes: number, count: number, seek = 0): ReturnType<typeof written> {
  const before = written();
  const blocks = [`bs=${kilobytes}k`, `count=${count}`, `seek=${seek}`];
  execFileSync("dd", ["if=/dev/zero", `of=${DISK}`, "oflag=direct", "status=none", ...blocks]);
  const after = written();
  return {
    writes: after.writes - before.writes,
    bytes: after.bytes - before.bytes,
    ms: after.ms - before.ms,
  };
}

function latenciesAreTheDisks(biolatency: BlockTools["biolatency"], dev: number): void {
  using skel = biolatency.load({
    rodata: { filter_dev: true, targ_dev: dev, targ_per_disk: true },
    progs: {
      block_rq_insert_btf: { autoload: false },
      block_rq_insert: { autoload: false },
      block_rq_issue: { autoload: false },
      block_rq_complete: { autoload: false },
    },
  });
  skel.attach();
  const { writes, ms } = write(4, TIMES);
  skel.detach();
  const hist = skel.maps.hists.get({ cmd_flags: 0, dev });
  assert.ok(hist !== undefined);
  assert.deepEqual([writes, total(hist), total(hist, LATENCY_SLOT)], [TIMES, TIMES, TIMES]);
  assert.ok(leastSum(hist) <= (ms + writes) * 1000, `${leastSum(hist)} µs, /sys says ${ms} ms`);
}

function seeksAreRandom(biopattern: BlockTools["biopattern"], dev: number): void {
  using skel = biopattern.load({ rodata: { filter_dev: true, targ_dev: dev } });
  skel.attach();
  const first = write(4, 1, 100);
  const sequential = write(4, TIMES, 101);
  const random = [500, 300, 900, 700].map((seek) => write(4, 1, seek));
  skel.detach();
  assert.equal(first.writes, 1);
  const bytes = [sequential, ...random].reduce((sum, one) => sum + one.bytes, 0);
  assert.deepEqual(skel.maps.counters.get(dev), {
    last_sector: BigInt((700 * 4096 + 4096) / 512),
    bytes: BigInt(bytes),
    sequential: sequential.writes,
    random: random.length,
  });
}

function sizesAreThoseWritten(bitesize: BlockTools["bitesize"], dev: number): void {
  using skel = bitesize.load({ rodata: { filter_dev: true, targ_dev: dev } });
  skel.attach();
  const small = write(4, TIMES);
  const large = write(64, 5);
  skel.detach();
  // By whoever hands a request to the disk: the one that writes, or on Linux 6.1 the kernel's own thread.
  const hists = [...skel.maps.hists.values()];
  const sizes = [2, 6].map((slot) => hists.reduce((sum, { slots }) => sum + slots[slot]!, 0));
  assert.deepEqual(sizes, [small.writes, large.writes]);
  assert.equal(
    hists.reduce((sum, hist) => sum + total(hist), 0),
    TIMES + 5,
  );
}
