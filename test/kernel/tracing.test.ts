import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import type { Link } from "../../src/runtime/index.ts";
import { textIfReadable } from "../../src/runtime/kernel/function-symbols.ts";
import { withTracefs } from "../../src/runtime/kernel/tracefs.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { tracing, type Tracing } from "../objects/tracing.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

const GETPPID = { binary: "libc.so.6", function: "getppid" };

/** Each can be attached on every machine whose kernel is newer than 6.13, whether it lets functions be traced or not. */
const ways: Readonly<Record<string, (skel: Tracing) => Link>> = {
  uprobe: ({ progs }) => progs.uprobe.attachUprobe(GETPPID),
  "uprobe without a link": ({ progs }) => progs.uprobe.attachUprobe({ ...GETPPID, mode: "perf" }),
  "uprobe through tracefs": ({ progs }) => progs.uprobe.attachUprobe({ ...GETPPID, mode: "legacy" }),
  uretprobe: ({ progs }) => progs.uretprobe.attachUprobe({ ...GETPPID, pid: 0, cookie: 1n }),
  "uprobe.multi": ({ progs }) =>
    progs.uprobe_multi.attachUprobeMulti({ binary: "libc.so.6", functions: ["getppid", "getpid"] }),
  "uprobe.session": ({ progs }) =>
    progs.uprobe_session.attachUprobeMulti({ binary: "libc.so.6", functions: ["getppid"] }),
  tracepoint: ({ progs }) => progs.tracepoint.attachTracepoint({ tracepoint: "syscalls/sys_enter_openat", cookie: 1n }),
  raw_tp: ({ progs }) => progs.raw_tracepoint.attachRawTracepoint({ tracepoint: "sys_enter", cookie: 1n }),
  "raw_tp.w": ({ progs }) => progs.raw_tracepoint_writable.attach(),
  tp_btf: ({ progs }) => progs.tp_btf.attachTrace({ cookie: 1n }),
  "perf_event on all CPUs": ({ progs }) =>
    progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 10 }),
};

const programs = [
  "uprobe",
  "uretprobe",
  "uprobe_multi",
  "uprobe_session",
  "tracepoint",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tp_btf",
  "perf_event",
] as const;

/** The kernel takes a tenth of a second to take a uprobe away, a trap into running code: a thousand of each take minutes. */
function cyclesOf(way: string): number {
  return /^u|^tracepoint/u.test(way) ? Number(process.env["CORE_GEN_CYCLES"] ?? 30) : 1000;
}

function loadTracing(): Tracing {
  const progs = Object.fromEntries(programs.map((name) => [name, { autoload: true }]));
  return tracing.load({ rodata: { asked_pid: process.pid }, progs });
}

function errorOf(attach: () => Link): CoreGenError {
  const open = openDescriptors().length;
  try {
    attach().close();
  } catch (error) {
    expect(openDescriptors()).toHaveLength(open);
    if (isCoreGenError(error)) return error;
    throw error;
  }
  throw new Error("it was attached");
}

function eventsOf(kind: string): string[] {
  const text = withTracefs((root) => textIfReadable(`${root}/${kind}_events`));
  return text.split("\n").filter((line) => line.includes("core_gen_"));
}

describeWithKernel("links for tracing", {}, () => {
  let skel: Tracing;
  beforeAll(() => {
    skel = loadTracing();
  });
  afterAll(() => {
    skel.close();
  });

  it.each(Object.entries(ways))(
    "%s: many times attached and detached leave nothing",
    { timeout: 300_000 },
    (way, attach) => {
      // The first one may open what stays open.
      attach(skel).detach();
      const before = openDescriptors().length;
      for (let cycle = 0; cycle < cyclesOf(way); cycle++) attach(skel).detach();
      expect(openDescriptors()).toHaveLength(before);
      expect(eventsOf("uprobe")).toEqual([]);
    },
  );

  it("has one link for all CPUs, and a descriptor for each", () => {
    const before = openDescriptors().length;
    using link = skel.progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 10 });
    const cpus = Number(execFileSync("getconf", ["_NPROCESSORS_ONLN"], { encoding: "utf8" }));
    expect(openDescriptors()).toHaveLength(before + cpus);
    expect(link.what).toBe('program "perf_event" at perf event cpu-clock');
    link.detach();
    expect(openDescriptors()).toHaveLength(before);
    expect(link.closed).toBe(true);
  });

  it("takes a perf event that is open, which stays the app's", () => {
    using mine = skel.progs.perf_event.attachPerfEvent({
      type: "software",
      event: "dummy",
      samplePeriod: 1,
      cpus: [0],
    });
    expect(errorOf(() => skel.progs.perf_event.attachPerfEvent({ fd: mine.fd })).message).toMatch(
      /^attaching program "perf_event" at perf event \d+: bpf\(BPF_LINK_CREATE\) failed with EBADF/u,
    );
  });

  it("removes an event of tracefs when a signal ends the process", () => {
    const script = `import { tracing } from "./test/objects/tracing.skel.ts";
      const skel = tracing.load({ progs: { uprobe: { autoload: true } } });
      skel.progs.uprobe.attachUprobe({ binary: "libc.so.6", function: "getppid", mode: "legacy" });
      process.kill(process.pid, "SIGTERM");
      setInterval(() => {}, 1000);`;
    const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    expect(`${child.stderr.toString()}${child.signal}`).toBe("SIGTERM");
    expect(eventsOf("uprobe")).toEqual([]);
  });

  it("names an event of tracefs so that it can be told whose it is", () => {
    using link = skel.progs.uprobe.attachUprobe({ ...GETPPID, mode: "legacy" });
    expect(link.what).toMatch(/^program "uprobe" at \/\S+\/libc\.so\.6:getppid$/u);
    const offset = eventsOf("uprobe")[0]?.match(/0x0*([0-9a-f]+)$/u)?.[1] ?? "";
    expect(eventsOf("uprobe")).toEqual([
      expect.stringMatching(new RegExp(`^p:uprobes/core_gen_${process.pid}_\\d+_\\d+_libc_so_6_0x${offset} /`, "u")),
    ]);
  });
});

describeWithKernel("what can't be traced", {}, () => {
  let skel: Tracing;
  beforeAll(() => {
    skel = loadTracing();
  });
  afterAll(() => {
    skel.close();
  });

  it.each<[string, (skel: Tracing) => Link, string, string]>([
    [
      "a cookie without a link",
      ({ progs }) => progs.uprobe.attachUprobe({ ...GETPPID, mode: "perf", cookie: 1n }),
      "unsupported",
      "a cookie is part of a BPF link, and this mode makes none",
    ],
    [
      "no place",
      ({ progs }) => progs.uprobe.attachUprobe({ binary: "libc.so.6" }),
      "bad-input",
      'attaching program "uprobe": it is not said to what in libc.so.6',
    ],
    [
      "a negative offset",
      ({ progs }) => progs.uprobe.attachUprobe({ binary: "libc.so.6", offset: -1 }),
      "bad-input",
      'attaching program "uprobe": -1 is no offset, which is a number of bytes from 0 on',
    ],
    [
      "a place inside at the return",
      ({ progs }) => progs.uretprobe.attachUprobe({ ...GETPPID, offset: 4 }),
      "bad-input",
      'attaching program "uretprobe": at the return of getppid there is no offset',
    ],
    [
      "a process that there is not",
      ({ progs }) => progs.uprobe.attachUprobe({ ...GETPPID, pid: 2 ** 22 + 1 }),
      "kernel",
      "perf_event_open failed with ESRCH",
    ],
    [
      "a process that there is not, of many places",
      ({ progs }) =>
        progs.uprobe_multi.attachUprobeMulti({ binary: "libc.so.6", functions: ["getpid"], pid: 2 ** 22 + 1 }),
      "bad-input",
      "libc.so.6:getpid: there is no process 4194305",
    ],
    [
      "fewer cookies than places",
      ({ progs }) =>
        progs.uprobe_multi.attachUprobeMulti({ binary: "libc.so.6", functions: ["getpid", "getppid"], cookies: [1n] }),
      "bad-input",
      'attaching program "uprobe_multi": there are 1 cookies for 2 places',
    ],
    [
      "a session with a program for one end",
      ({ progs }) => progs.uprobe_multi.attachUprobeMulti({ binary: "libc.so.6", pattern: "getppid", session: true }),
      "bad-input",
      'attaching program "uprobe_multi": SEC("uprobe.multi") is not for sessions',
    ],
    [
      "a pattern that nothing matches",
      ({ progs }) => progs.uprobe_multi.attachUprobeMulti({ binary: "libc.so.6", pattern: "getpppid*" }),
      "bad-input",
      "libc.so.6: it has none",
    ],
    [
      "a raw tracepoint that there is not",
      ({ progs }) => progs.raw_tracepoint.attachRawTracepoint({ tracepoint: "sys_entr" }),
      "bad-input",
      "this kernel has no tracepoint of that name",
    ],
    [
      "an event that perf has not",
      // As JavaScript may say.
      ({ progs }) =>
        progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clok" as "cpu-clock", frequency: 1 }),
      "bad-input",
      'attaching program "perf_event": "cpu-clok" is no event of perf',
    ],
    [
      "no frequency",
      ({ progs }) => progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 0 }),
      "bad-input",
      'it takes one of "samplePeriod" and "frequency", a whole number above 0',
    ],
    [
      "a CPU that there is not",
      ({ progs }) =>
        progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 1, cpus: [0, 4095] }),
      "kernel",
      "perf_event_open failed with E",
    ],
  ])("%s", (_, attach, code, message) => {
    const error = errorOf(() => attach(skel));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  it("a library whose name has white space, through tracefs", () => {
    execFileSync("cp", ["/bin/true", "/tmp/core gen true"]);
    const error = errorOf(() =>
      skel.progs.uprobe.attachUprobe({ binary: "/tmp/core gen true", offset: 0x1000, mode: "legacy" }),
    );
    execFileSync("rm", ["/tmp/core gen true"]);
    expect(error.message).toContain("tracefs takes no names with white space, and this one has some");
  });
});
