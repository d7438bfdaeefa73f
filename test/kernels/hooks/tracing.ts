import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";

import type { Link } from "../../../src/runtime/index.ts";
import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { Attr, bpf, BPF_PROG_TEST_RUN } from "../../../src/runtime/sys/bpf.ts";
import { libc } from "../../../src/runtime/sys/libc.ts";
import { openPerfEvent, PERF_TYPE_BREAKPOINT } from "../../../src/runtime/sys/perf.ts";
import { tracing, type Tracing } from "../../objects/tracing.skel.ts";
import { check } from "../check.ts";
import { activeLsms } from "../../support/active-lsms.ts";
import { checkHook, refusedHere } from "./check-hook.ts";

type Name = keyof Tracing["progs"];

/** One way to attach, and what makes the kernel run the program. */
interface Way {
  readonly program: Name;
  readonly attach: (skel: Tracing) => Link;
  readonly trigger: () => void;
  /** What a kernel lacks that is too old for it. */
  readonly since?: readonly [number, number];
  /** What this machine lacks for it, whatever its kernel can. */
  readonly lacking?: () => string | undefined;
  /** How often the program runs for each time that it is triggered; without it some runs are enough. */
  readonly runs?: number;
  /** How the runs are shared out by cookie, where the kernel has cookies. */
  readonly cookies?: { readonly since: readonly [number, number]; readonly runs: readonly number[] };
  /** Any process counts: perf's events interrupt whoever runs. */
  readonly anyProcess?: true;
}

const openFile = (): void => closeSync(openSync("/dev/null", "r"));
const askForParent = (): void => assert.ok(process.ppid > 0);
const compute = (): void => {
  for (const end = performance.now() + 10; performance.now() < end;);
};

const OPEN = "do_sys_openat2";
const watched = new Uint8Array(8);
const perf = [5, 15] as const;

const ways: Readonly<Record<string, Way>> = {
  "kprobe, through tracefs": {
    program: "kprobe",
    attach: ({ progs }) => progs.kprobe.attachKprobe({ function: OPEN, mode: "legacy" }),
    trigger: openFile,
  },
  "kretprobe, through tracefs": {
    program: "kretprobe",
    attach: ({ progs }) => progs.kretprobe.attachKprobe({ function: OPEN, mode: "legacy" }),
    trigger: openFile,
  },
  "kprobe, without a link": {
    program: "kprobe",
    attach: ({ progs }) => progs.kprobe.attachKprobe({ function: OPEN, mode: "perf" }),
    trigger: openFile,
  },
  "kprobe, with a cookie": {
    program: "kprobe",
    attach: ({ progs }) => progs.kprobe.attachKprobe({ function: OPEN, cookie: 2n, mode: "link" }),
    trigger: openFile,
    since: perf,
    cookies: { since: perf, runs: [0, 0, 1] },
  },
  "ksyscall, with a cookie": {
    program: "ksyscall",
    attach: ({ progs }) => progs.ksyscall.attachKsyscall({ name: "openat", cookie: 2n }),
    trigger: openFile,
    since: perf,
    cookies: { since: perf, runs: [0, 0, 1] },
  },
  "uprobe, through tracefs": {
    program: "uprobe",
    attach: ({ progs }) => progs.uprobe.attachUprobe({ binary: "libc.so.6", function: "getppid", mode: "legacy" }),
    trigger: askForParent,
  },
  "uretprobe, through tracefs": {
    program: "uretprobe",
    attach: ({ progs }) => progs.uretprobe.attachUprobe({ binary: "libc.so.6", function: "getppid", mode: "legacy" }),
    trigger: askForParent,
  },
  "uprobe, of one process with a cookie": {
    program: "uprobe",
    attach: ({ progs }) => progs.uprobe.attachUprobe({ binary: "libc.so.6", function: "getppid", pid: 0, cookie: 1n }),
    trigger: askForParent,
    since: perf,
    cookies: { since: perf, runs: [0, 1] },
  },
  "uprobe.s": {
    program: "uprobe_s",
    attach: ({ progs }) => progs.uprobe_s.attachUprobe({ binary: "libc.so.6", function: "getppid" }),
    trigger: askForParent,
    since: [6, 0],
  },
  "kprobe.multi": {
    program: "kprobe_multi_section",
    attach: ({ progs }) => progs.kprobe_multi_section.attach(),
    trigger: openFile,
    since: [5, 18],
    runs: 1,
  },
  "kprobe.multi, by names with cookies": {
    program: "kprobe_multi",
    attach: ({ progs }) =>
      progs.kprobe_multi.attachKprobeMulti({
        functions: [OPEN, "__fput", "security_file_open"],
        cookies: [1n, 2n, 3n],
      }),
    trigger: openFile,
    since: [5, 18],
    cookies: { since: [5, 18], runs: [0, 1, 0, 1] },
  },
  "kretprobe.multi": {
    program: "kretprobe_multi",
    attach: ({ progs }) => progs.kretprobe_multi.attachKprobeMulti({ addresses: [addressOf(OPEN)], cookies: [1n] }),
    trigger: openFile,
    since: [5, 18],
    cookies: { since: [5, 18], runs: [0, 1] },
  },
  "kprobe.session": {
    program: "kprobe_session",
    attach: ({ progs }) => progs.kprobe_session.attachKprobeMulti({ pattern: OPEN, uniqueMatch: true }),
    trigger: openFile,
    since: [6, 10],
    runs: 2,
  },
  "uprobe.multi": {
    program: "uprobe_multi_section",
    attach: ({ progs }) => progs.uprobe_multi_section.attach(),
    trigger: askForParent,
    since: [6, 6],
    runs: 1,
  },
  "uprobe.multi, by names with cookies": {
    program: "uprobe_multi",
    attach: ({ progs }) =>
      progs.uprobe_multi.attachUprobeMulti({
        binary: "libc.so.6",
        functions: ["getpid", "getppid"],
        cookies: [3n, 1n],
        pid: 0,
      }),
    trigger: askForParent,
    since: [6, 6],
    cookies: { since: [6, 6], runs: [0, 1] },
  },
  "uretprobe.multi": {
    program: "uretprobe_multi",
    attach: ({ progs }) =>
      progs.uretprobe_multi.attachUprobeMulti({ binary: "libc.so.6", functions: ["getppid"], cookies: [2n] }),
    trigger: askForParent,
    since: [6, 6],
    cookies: { since: [6, 6], runs: [0, 0, 1] },
  },
  "uprobe.session": {
    program: "uprobe_session",
    attach: ({ progs }) => progs.uprobe_session.attachUprobeMulti({ binary: "libc.so.6", functions: ["getppid"] }),
    trigger: askForParent,
    since: [6, 13],
    runs: 2,
  },
  tracepoint: {
    program: "tracepoint",
    attach: ({ progs }) => progs.tracepoint.attachTracepoint({ tracepoint: "syscalls/sys_enter_openat" }),
    trigger: openFile,
    runs: 1,
  },
  "tracepoint, with a cookie": {
    program: "tracepoint",
    attach: ({ progs }) => progs.tracepoint.attachTracepoint({ tracepoint: "syscalls/sys_enter_openat", cookie: 3n }),
    trigger: openFile,
    since: perf,
    cookies: { since: perf, runs: [0, 0, 0, 1] },
  },
  raw_tp: {
    program: "raw_tracepoint",
    attach: ({ progs }) => progs.raw_tracepoint.attachRawTracepoint({ tracepoint: "sys_enter" }),
    trigger: openFile,
  },
  "raw_tp, with a cookie": {
    program: "raw_tracepoint",
    attach: ({ progs }) => progs.raw_tracepoint.attachRawTracepoint({ tracepoint: "sys_enter", cookie: 1n }),
    trigger: openFile,
    since: [6, 10],
    cookies: { since: [6, 10], runs: [0, 1] },
  },
  "tp_btf, with a cookie": {
    program: "tp_btf",
    attach: ({ progs }) => progs.tp_btf.attachTrace({ cookie: 1n }),
    trigger: openFile,
    since: [6, 10],
    cookies: { since: [6, 10], runs: [0, 1] },
  },
  "fentry, with a cookie": {
    program: "fentry",
    attach: ({ progs }) => progs.fentry.attachTrace({ cookie: 1n }),
    trigger: openFile,
    since: [5, 19],
    cookies: { since: [5, 19], runs: [0, 1] },
  },
  "fexit, with a cookie": {
    program: "fexit",
    attach: ({ progs }) => progs.fexit.attachTrace({ cookie: 2n }),
    trigger: openFile,
    since: [5, 19],
    cookies: { since: [5, 19], runs: [0, 0, 1] },
  },
  "fmod_ret, with a cookie": {
    program: "fmod_ret",
    attach: ({ progs }) => progs.fmod_ret.attachTrace({ cookie: 3n }),
    trigger: openFile,
    since: [5, 19],
    cookies: { since: [5, 19], runs: [0, 0, 0, 1] },
  },
  "lsm, with a cookie": {
    program: "lsm",
    attach: ({ progs }) => progs.lsm.attachTrace({ cookie: 1n }),
    trigger: openFile,
    since: [5, 19],
    cookies: { since: [5, 19], runs: [0, 1] },
  },
  fsession: {
    program: "fsession",
    attach: ({ progs }) => progs.fsession.attachTrace(),
    trigger: openFile,
    since: [7, 0],
    runs: 2,
  },
  "fentry.multi": {
    program: "fentry_multi",
    attach: ({ progs }) => progs.fentry_multi.attach(),
    trigger: openFile,
    since: [7, 2],
    runs: 1,
  },
  "fexit.multi, by names with cookies": {
    program: "fexit_multi",
    attach: ({ progs }) =>
      progs.fexit_multi.attachTraceMulti({ functions: [OPEN, "security_file_open"], cookies: [2n, 3n] }),
    trigger: openFile,
    since: [7, 2],
    cookies: { since: [7, 2], runs: [0, 0, 1, 1] },
  },
  "fsession.multi": {
    program: "fsession_multi",
    attach: ({ progs }) => progs.fsession_multi.attachTraceMulti({ functions: [OPEN] }),
    trigger: openFile,
    since: [7, 2],
    runs: 2,
  },
  "perf_event, software": {
    program: "perf_event",
    attach: ({ progs }) => progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 1000 }),
    trigger: compute,
  },
  "perf_event, of one process with a cookie": {
    program: "perf_event",
    attach: ({ progs }) =>
      progs.perf_event.attachPerfEvent({
        type: "software",
        event: "task-clock",
        samplePeriod: 1_000_000,
        pid: 0,
        cookie: 1n,
      }),
    trigger: compute,
    since: perf,
    cookies: { since: perf, runs: [] },
  },
  "perf_event, breakpoint": {
    program: "perf_event",
    lacking: lackingBreakpoints,
    attach: ({ progs }) =>
      progs.perf_event.attachPerfEvent({
        type: "breakpoint",
        event: "write",
        address: BigInt(libc().addressOf(watched)),
        length: 1,
        samplePeriod: 1,
        pid: 0,
      }),
    trigger: () => {
      watched[0] = ((watched[0] ?? 0) + 1) & 255;
    },
  },
};

const TIMES = 20;
/** A thousand are for test/kernel/tracing.test.ts: these machines are slow. The suite's last check sees what is left. */
const CYCLES = 3;

/** Every way to attach to functions, tracepoints and perf events, with its options. */
export async function checkTracing(): Promise<void> {
  for (const [hook, way] of Object.entries(ways)) await checkHook(hook, lacking(way), () => seeFiring(way));
  await checkHook("raw_tp.w", lackingWritable(), seeWriting);
  await check("events in tracefs are gone when the links are", noEventsAreLeft);
}

function lacking(way: Way): string | undefined {
  const { since, program } = way;
  if (since !== undefined && !kernelIsAtLeast(since)) return `Linux ${since.join(".")} has the first one`;
  if (program.startsWith("kprobe_") || program.startsWith("kretprobe_")) return lackingFprobe();
  const lacks = way.lacking?.();
  if (lacks !== undefined) return lacks;
  if (program === "lsm" && !activeLsms().includes("bpf")) return "bpf is not among the active LSMs";
  return refusedHere(() => {
    using skel = load(way);
    way.attach(skel);
  });
}

/** A hypervisor may take the processor's breakpoints for itself: then the kernel opens them, and they count nothing. */
function lackingBreakpoints(): string | undefined {
  const write = { kind: 2, address: BigInt(libc().addressOf(watched)), length: 1n };
  const what = "a breakpoint without a program";
  using event = openPerfEvent(
    { type: PERF_TYPE_BREAKPOINT, config: 0, breakpoint: write, samplePeriod: 1 },
    0,
    -1,
    what,
  );
  watched[0] = ((watched[0] ?? 0) + 1) & 255;
  const count = new BigUint64Array(1);
  readSync(event.number, count);
  return count[0] === 0n ? "refused on this machine: breakpoints of its processor count nothing" : undefined;
}

/** The kernel's own word: its functions for such links are there, or they are not. */
function lackingFprobe(): string | undefined {
  return / register_fprobe_ips$/mu.test(readFileSync("/proc/kallsyms", "latin1"))
    ? undefined
    : "built without CONFIG_FPROBE";
}

function load({ program, cookies, anyProcess }: Way): Tracing {
  return tracing.load({
    rodata: { asked_pid: anyProcess === true ? 0 : process.pid, asks_cookie: cookies !== undefined },
    progs: { [program]: { autoload: true } },
  });
}

function seeFiring(way: Way): void {
  using skel = load(way);
  const link = way.attach(skel);
  for (let i = 0; i < TIMES; i++) way.trigger();
  const hits = [...skel.bss.hits];
  checkHits(way, hits);
  link.detach();
  const after = [...skel.bss.hits];
  for (let i = 0; i < TIMES; i++) way.trigger();
  assert.deepEqual([...skel.bss.hits], after);
  for (let cycle = 0; cycle < CYCLES; cycle++) way.attach(skel).detach();
}

/** Others of this process's threads may open files, too. */
function checkHits({ runs, cookies }: Way, hits: readonly bigint[]): void {
  const total = hits.reduce((sum, one) => sum + one, 0n);
  assert.ok(total > 0n, "it did not fire");
  if (runs !== undefined) assert.ok(total >= TIMES * runs, `it fired ${total} times, not ${TIMES * runs}`);
  cookies?.runs.forEach((each, cookie) => {
    const seen = hits[cookie] ?? 0n;
    assert.ok(each === 0 || seen >= TIMES * each, `with cookie ${cookie} it fired ${seen} times: ${hits.join(", ")}`);
  });
  if (cookies !== undefined) assert.equal(hits[0], 0n, "it fired without a cookie");
}

function lackingWritable(): string | undefined {
  return refusedHere(() => {
    using skel = tracing.load({ progs: { raw_tracepoint_writable: { autoload: true } } });
    skel.attach();
  });
}

/** The tracepoint bpf_test_finish lets a program change what a test run answers. */
function seeWriting(): void {
  using skel = tracing.load({ progs: { raw_tracepoint_writable: { autoload: true }, tested: { autoload: true } } });
  const run = (): number => {
    // union bpf_attr: test { prog_fd, retval, data_size_in, data_size_out, data_in }.
    const attr = new Attr(80).u32(0, skel.progs.tested.fd).u32(8, 64).pointer(16, new Uint8Array(64));
    return bpf(BPF_PROG_TEST_RUN, attr);
  };
  assert.equal(run(), 0);
  skel.attach();
  assert.equal(run(), 42);
  skel.detach();
  assert.equal(run(), 0);
}

function noEventsAreLeft(): void {
  const left = ["kprobe", "uprobe"].flatMap((kind) => {
    try {
      return readFileSync(`/sys/kernel/tracing/${kind}_events`, "utf8")
        .split("\n")
        .filter((line) => line.includes("core_gen_"));
    } catch {
      // A machine without tracefs, or without such probes, has no events.
      return [];
    }
  });
  assert.deepEqual(left, []);
}

function addressOf(name: string): bigint {
  const [, address = "0"] =
    new RegExp(`^([0-9a-f]+) [tT] ${name}$`, "mu").exec(readFileSync("/proc/kallsyms", "latin1")) ?? [];
  return BigInt(`0x${address}`);
}
