import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

import { kernelSymbols } from "../../../src/runtime/kernel/index.ts";
import type { HashMap } from "../../../src/runtime/maps/index.ts";
import type { Program, ProbeProgram } from "../../../src/runtime/programs/index.ts";
import { checkTool, missingFunctions, type Tool } from "./check-tool.ts";
import { leastSum, total, type Hist } from "./histogram.ts";

type OneDisk = { rodata: { filter_dev: boolean; targ_dev: number } };

export interface BlockTools {
  readonly biolatency: Tool<
    { hists: HashMap<{ cmd_flags: number; dev: number }, Hist> },
    Record<"block_rq_insert_btf" | "block_rq_insert" | "block_rq_issue" | "block_rq_complete", Program>,
    { rodata: OneDisk["rodata"] & { targ_per_disk: boolean } }
  >;
  readonly biopattern: Tool<
    { counters: HashMap<number, { bytes: bigint; sequential: number; random: number }> },
    object,
    OneDisk
  >;
  readonly biostacks: Tool<
    { hists: HashMap<{ pid: number; kern_stack_size: number; kern_stack: bigint[]; comm: string; dev: number }, Hist> },
    { blk_account_io_start: Program; blk_account_io_merge_bio: Program; blk_account_io_done: Program },
    OneDisk
  >;
  readonly biotop: Tool<
    {
      counts: HashMap<
        { pid: number; rwflag: number; major: number; minor: number; name: string },
        { bytes: bigint; us: bigint; io: number }
      >;
    },
    { blk_account_io_start: ProbeProgram; blk_account_io_done: ProbeProgram }
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
  const disk = readDisk();
  await checkTool("biolatency", undefined, () => latenciesAreTheDisks(tools.biolatency, disk));
  await checkTool("biopattern", undefined, () => seeksAreRandom(tools.biopattern, disk));
  await checkTool("bitesize", undefined, () => sizesAreThoseWritten(tools.bitesize, disk));
  const accounting = missingFunctions("blk_account_io_start", "blk_account_io_done");
  await checkTool("biotop", accounting, () => writerIsAtTheTop(tools.biotop, disk));
  await checkTool("biostacks", accounting, () => stacksLeadToTheWriter(tools.biostacks, disk));
  execFileSync("rmmod", ["null_blk"]);
}

interface Disk {
  readonly major: number;
  readonly minor: number;
  /** As the kernel has it in a `dev_t`. */
  readonly dev: number;
}

function readDisk(): Disk {
  const [major = 0, minor = 0] = readFileSync("/sys/block/nullb0/dev", "latin1").split(":").map(Number);
  return { major, minor, dev: (major << 20) | minor };
}

/** What /sys counts: requests, bytes and milliseconds of writing. */
function written(): { writes: number; bytes: number; ms: number } {
  const stat = readFileSync("/sys/block/nullb0/stat", "latin1").trim().split(/\s+/u).map(Number);
  return { writes: stat[4]!, bytes: stat[6]! * 512, ms: stat[7]! };
}

/** Writes blocks past the page cache, each a request, and returns which process did, and what /sys has counted. */
function write(kilobytes: number, count: number, seek = 0): { pid: number } & ReturnType<typeof written> {
  const before = written();
  const blocks = [`bs=${kilobytes}k`, `count=${count}`, `seek=${seek}`];
  const { pid, status } = spawnSync("dd", ["if=/dev/zero", `of=${DISK}`, "oflag=direct", "status=none", ...blocks]);
  assert.equal(status, 0);
  const after = written();
  return {
    pid,
    writes: after.writes - before.writes,
    bytes: after.bytes - before.bytes,
    ms: after.ms - before.ms,
  };
}

function latenciesAreTheDisks(biolatency: BlockTools["biolatency"], { dev }: Disk): void {
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

function seeksAreRandom(biopattern: BlockTools["biopattern"], { dev }: Disk): void {
  using skel = biopattern.load({ rodata: { filter_dev: true, targ_dev: dev } });
  skel.attach();
  const first = write(4, 1, 100);
  const sequential = write(4, TIMES, 101);
  const random = [500, 300, 900, 700].map((seek) => write(4, 1, seek));
  skel.detach();
  assert.equal(first.writes, 1);
  const bytes = [sequential, ...random].reduce((sum, one) => sum + one.bytes, 0);
  const { last_sector: _, ...counter } = { last_sector: 0n, ...skel.maps.counters.get(dev)! };
  assert.deepEqual(counter, { bytes: BigInt(bytes), sequential: sequential.writes, random: random.length });
}

function sizesAreThoseWritten(bitesize: BlockTools["bitesize"], { dev }: Disk): void {
  using skel = bitesize.load({ rodata: { filter_dev: true, targ_dev: dev } });
  skel.attach();
  const small = write(4, TIMES);
  const large = write(64, 5);
  skel.detach();
  const { slots } = skel.maps.hists.get({ comm: "dd" })!;
  assert.deepEqual([slots[2], slots[6]], [small.writes, large.writes]);
  assert.equal(total({ slots }), TIMES + 5);
}

function writerIsAtTheTop(biotop: BlockTools["biotop"], { major, minor }: Disk): void {
  using skel = biotop.load();
  skel.progs.blk_account_io_start.attachKprobe({ function: "blk_account_io_start" });
  skel.progs.blk_account_io_done.attachKprobe({ function: "blk_account_io_done" });
  skel.attach();
  const { pid, writes, bytes } = write(4, TIMES);
  skel.detach();
  const found = [...skel.maps.counts].filter(([key]) => key.pid === pid);
  assert.equal(found.length, 1);
  const [key, { io, bytes: theirs, us }] = found[0]!;
  assert.deepEqual(key, { pid, rwflag: 1, major, minor, name: "dd" });
  assert.deepEqual({ io, bytes: Number(theirs) }, { io: writes, bytes });
  assert.ok(us >= TIMES * LATENCY, `${us} µs`);
}

function stacksLeadToTheWriter(biostacks: BlockTools["biostacks"], { dev }: Disk): void {
  using skel = biostacks.load({ rodata: { filter_dev: true, targ_dev: dev } });
  skel.attach();
  const { pid, writes } = write(4, TIMES);
  skel.detach();
  const symbols = kernelSymbols();
  let seen = 0;
  for (const [key, hist] of skel.maps.hists) {
    if (key.pid !== pid) continue;
    assert.deepEqual([key.comm, key.dev], ["dd", dev]);
    const names = key.kern_stack.slice(0, key.kern_stack_size / 8).map((address) => symbols.find(address)?.name);
    assert.ok(names.includes("vfs_write"), names.join(" "));
    seen += total(hist, LATENCY_SLOT);
  }
  assert.equal(seen, writes);
}
