import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { kernelSymbols, type KernelSymbols } from "../../../src/runtime/kernel/index.ts";
import type { HashMap, StackTraceMap } from "../../../src/runtime/maps/index.ts";
import type { PerfEventProgram, Program } from "../../../src/runtime/programs/index.ts";
import { checkTool, missingMember, type Tool } from "./check-tool.ts";
import { leastSum, total, type Hist } from "./histogram.ts";
import { Worker } from "./worker.ts";

export interface SchedulerTools {
  readonly cpudist: Tool<
    { start: HashMap<number, bigint>; hists: HashMap<number, Hist & { comm: string }> },
    { sched_switch_tp: Program },
    { rodata: { targ_offcpu: boolean; targ_per_process: boolean; targ_tgid: number } }
  >;
  readonly runqlat: Tool<
    { hists: HashMap<number, Hist & { comm: string }> },
    { handle_sched_wakeup: Program; handle_sched_wakeup_new: Program; handle_sched_switch: Program },
    { rodata: { targ_per_process: boolean; targ_tgid: number } }
  >;
  readonly runqlen: Tool<
    object,
    { do_sample: PerfEventProgram },
    { rodata: { targ_per_cpu: boolean }; bss: { hists: Hist[] } }
  >;
  readonly offcputime: Tool<
    {
      info: HashMap<{ tgid: number; pid: number; kern_stack_id: number }, { delta: bigint; comm: string }>;
      stackmap: StackTraceMap;
    },
    object,
    { rodata: { targ_tgid: number; targ_pid: number; state: bigint; min_block_ns: bigint; max_block_ns: bigint } }
  >;
  readonly wakeuptime: Tool<
    { counts: HashMap<{ waker: string; target: string; w_k_stack_id: number }, bigint>; stackmap: StackTraceMap },
    object,
    { rodata: { targ_pid: number; min_block_ns: bigint; max_block_ns: bigint } }
  >;
}

const TIMES = 20;
const sleeps = `select(undef, undef, undef, 0.02) for 1..${TIMES}`;
/** In microseconds: 20 ms are in slot 14. */
const SLEEP_SLOT = 14;

/** What the scheduler does with a process, beside what /proc counts of it. */
export async function checkScheduler(tools: SchedulerTools): Promise<void> {
  await checkTool("cpudist", undefined, () => offCpuTimesAreSleeps(tools.cpudist));
  await checkTool("runqlat", undefined, () => waitsAreTimeslices(tools.runqlat));
  await checkTool("runqlen", missingMember("cfs_rq", "nr_running"), () => queueIsAsLongAsItsMadeToBe(tools.runqlen));
  await checkTool("offcputime", undefined, () => sleepingTimeIsFound(tools.offcputime));
  await checkTool("wakeuptime", undefined, () => wakerIsFound(tools.wakeuptime));
}

/** One switch away and back for each that /proc/PID/status counts; those that began before it was watched don't count. */
async function offCpuTimesAreSleeps(cpudist: SchedulerTools["cpudist"]): Promise<void> {
  await using worker = await Worker.start(sleeps);
  using skel = cpudist.load({
    rodata: { targ_offcpu: true, targ_per_process: true, targ_tgid: worker.pid },
    progs: { sched_switch_tp: { autoload: false } },
    maps: { start: { maxEntries: pidMax() }, hists: { maxEntries: pidMax() } },
  });
  const before = switches(worker);
  skel.attach();
  await worker.work();
  skel.detach();
  const hist = skel.maps.hists.get(worker.pid);
  assert.ok(hist !== undefined);
  assert.equal(hist.comm, "perl");
  assert.equal(total(hist), switches(worker) - before - 1);
  const slept = total(hist, SLEEP_SLOT);
  assert.ok(slept >= TIMES && slept <= TIMES + 1, `${slept} sleeps of ${TIMES}`);
}

function pidMax(): number {
  return Number(readFileSync("/proc/sys/kernel/pid_max", "latin1"));
}

function switches(worker: Worker): number {
  return worker.count("status", "voluntary_ctxt_switches") + worker.count("status", "nonvoluntary_ctxt_switches");
}

async function waitsAreTimeslices(runqlat: SchedulerTools["runqlat"]): Promise<void> {
  await using worker = await Worker.start(sleeps);
  using skel = runqlat.load({
    rodata: { targ_per_process: true, targ_tgid: worker.pid },
    progs: {
      handle_sched_wakeup: { autoload: false },
      handle_sched_wakeup_new: { autoload: false },
      handle_sched_switch: { autoload: false },
    },
  });
  const before = timeslices(worker);
  skel.attach();
  const began = performance.now();
  await worker.work();
  const lasted = (performance.now() - began) * 1000;
  skel.detach();
  const hist = skel.maps.hists.get(worker.pid);
  assert.ok(hist !== undefined);
  assert.equal(hist.comm, "perl");
  const slices = timeslices(worker) - before;
  // The tool leaves out a process that loses the CPU while it is about to sleep anyway.
  assert.ok(total(hist) <= slices && total(hist) >= slices - 2, `${total(hist)} waits, ${slices} timeslices`);
  assert.ok(leastSum(hist) <= lasted - TIMES * 20_000, `${leastSum(hist)} µs of waiting in ${lasted} µs`);
}

/** How often it got a CPU. */
function timeslices(worker: Worker): number {
  return Number(worker.proc("schedstat").split(" ")[2]);
}

/** Three processes on one CPU: two wait while one runs, and now and then others run there, too. */
async function queueIsAsLongAsItsMadeToBe(runqlen: SchedulerTools["runqlen"]): Promise<void> {
  const spinning = [1, 2, 3].map(() => spawn("taskset", ["-c", "1", "perl", "-e", "1 while 1"], { stdio: "ignore" }));
  try {
    await sleep(500);
    using skel = runqlen.load({ rodata: { targ_per_cpu: true } });
    skel.progs.do_sample.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 99 });
    await sleep(1500);
    skel.detach();
    const hist = skel.bss.hists[1]!;
    assert.ok(total(hist) > 30, `${total(hist)} samples`);
    assert.ok(total(hist, 2) > total(hist) / 2, `of ${total(hist)} samples ${hist.slots.join(" ")}`);
  } finally {
    for (const one of spinning) {
      const ended = once(one, "close");
      one.kill("SIGKILL");
      await ended;
    }
  }
}

async function sleepingTimeIsFound(offcputime: SchedulerTools["offcputime"]): Promise<void> {
  await using worker = await Worker.start(sleeps);
  using skel = offcputime.load({
    rodata: { targ_tgid: worker.pid, targ_pid: -1, state: -1n, min_block_ns: 1n, max_block_ns: 2n ** 64n - 1n },
    maps: { stackmap: { valueSize: 127 * 8, maxEntries: 1024 } },
  });
  skel.attach();
  const began = performance.now();
  await worker.work();
  const lasted = (performance.now() - began) * 1000;
  skel.detach();
  const symbols = kernelSymbols();
  let slept = 0;
  for (const [{ tgid, pid, kern_stack_id }, { delta, comm }] of skel.maps.info) {
    assert.deepEqual({ tgid, pid, comm }, { tgid: worker.pid, pid: worker.pid, comm: "perl" });
    if (isIn(symbols, skel.maps.stackmap.get(kern_stack_id), "do_select")) slept += Number(delta);
  }
  assert.ok(slept >= TIMES * 20_000 && slept <= lasted, `${slept} µs of ${lasted} µs in select()`);
}

/** A process wakes its child by writing into a pipe. On one CPU: across CPUs it is the other one's idle task that wakes. */
async function wakerIsFound(wakeuptime: SchedulerTools["wakeuptime"]): Promise<void> {
  const child = "pipe(R, W); if (!($child = fork)) { close W; 1 while sysread(R, $_, 1); exit }";
  const wake = `print $child; for (1..${TIMES}) { select(undef, undef, undef, 0.02); syswrite(W, "x") }`;
  await using worker = await Worker.start(wake, child);
  using skel = wakeuptime.load({
    rodata: { targ_pid: Number(await worker.work()), min_block_ns: 1n, max_block_ns: 2n ** 64n - 1n },
    maps: { stackmap: { valueSize: 127 * 8, maxEntries: 1024 } },
  });
  skel.attach();
  const began = performance.now();
  await worker.work();
  const lasted = (performance.now() - began) * 1e6;
  skel.detach();
  const symbols = kernelSymbols();
  let slept = 0;
  for (const [{ waker, target, w_k_stack_id }, ns] of skel.maps.counts) {
    assert.deepEqual({ waker, target }, { waker: "perl", target: "perl" });
    if (isIn(symbols, skel.maps.stackmap.get(w_k_stack_id), "pipe_write")) slept += Number(ns);
  }
  // Nobody has seen it fall asleep the first time.
  assert.ok(slept >= (TIMES - 1) * 20e6 && slept <= lasted, `${slept} ns of ${lasted} ns`);
}

/** Whether a call stack goes through a function of the kernel. */
function isIn(symbols: KernelSymbols, stack: readonly bigint[] | undefined, name: string): boolean {
  return (stack ?? []).some((address) => symbols.find(address)?.name === name);
}
