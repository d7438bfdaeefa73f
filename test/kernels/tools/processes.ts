import assert from "node:assert/strict";

import type { StackTraceMap } from "../../../src/runtime/maps/index.ts";
import type { PerfEventArray } from "../../../src/runtime/records/index.ts";
import type { ProbeProgram } from "../../../src/runtime/programs/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { membersOf, recordsOf, without, type Programs } from "./events.ts";
import { Worker } from "./worker.ts";

interface Untyped {
  events: PerfEventArray<Uint8Array>;
}

export interface ProcessTools {
  readonly capable: Tool<
    {
      events: PerfEventArray<{
        pid: number;
        cap: number;
        tgid: number;
        uid: number;
        audit: number;
        insetid: number;
        ret: number;
        task: string;
      }>;
      stackmap: StackTraceMap;
    },
    object,
    { rodata: { targ_pid: number; my_pid: number } }
  >;
  readonly execsnoop: Tool<
    {
      events: PerfEventArray<{
        pid: number;
        ppid: number;
        uid: number;
        retval: number;
        args_count: number;
        args_size: number;
        comm: string;
        args: string;
      }>;
    },
    object
  >;
  readonly exitsnoop: Tool<Untyped, object>;
  readonly gethostlatency: Tool<
    { events: PerfEventArray<{ time: bigint; pid: number; comm: string; host: string }> },
    { handle_entry: ProbeProgram; handle_return: ProbeProgram },
    { rodata: { target_pid: number } }
  >;
  readonly opensnoop: Tool<Untyped, object, { rodata: { targ_tgid: number; targ_uid: number } }>;
  readonly sigsnoop: Tool<
    { events: PerfEventArray<{ pid: number; tpid: number; sig: number; ret: number; comm: string }> },
    Programs<"sig_trace">,
    { rodata: { filtered_pid: number } }
  >;
  readonly statsnoop: Tool<Untyped, object, { rodata: { target_pid: number } }>;
}

const ENOENT = -2;
const ESRCH = -3;
const ANY_UID = 0xffffffff;

/** What processes do, event by event, beside what they say themselves. */
export async function checkProcesses(tools: ProcessTools): Promise<void> {
  await checkTool("execsnoop", undefined, () => programsAreThoseStarted(tools.execsnoop));
  await checkTool("exitsnoop", undefined, () => endsAreAsWaitSays(tools.exitsnoop));
  await checkTool("opensnoop", undefined, () => filesAreThoseOpened(tools.opensnoop));
  await checkTool("statsnoop", undefined, () => filesAreThoseAskedFor(tools.statsnoop));
  await checkTool("sigsnoop", undefined, () => signalsAreThoseSent(tools.sigsnoop));
  await checkTool("capable", undefined, () => capabilitiesAreThoseNeeded(tools.capable));
  await checkTool("gethostlatency", undefined, () => hostsAreThoseLookedUp(tools.gethostlatency));
}

async function programsAreThoseStarted(execsnoop: ProcessTools["execsnoop"]): Promise<void> {
  const start = 'for (1..5) { if (!($p = fork)) { exec "/bin/true", "-$_", "last" } waitpid($p, 0); print "$p " }';
  await using worker = await Worker.start(start);
  using skel = execsnoop.load();
  const { records, result } = await recordsOf(skel, () => worker.work());
  const pids = result.trim().split(" ").map(Number);
  assert.deepEqual(
    records.filter(({ ppid }) => ppid === worker.pid),
    pids.map((pid) => ({
      pid,
      ppid: worker.pid,
      uid: 0,
      retval: 0,
      args_count: 3,
      args_size: "/bin/true -1 last ".length,
      comm: "true",
      args: "/bin/true",
    })),
  );
}

/** wait(2)'s status has the exit status in its second byte and the signal in the first. */
async function endsAreAsWaitSays(exitsnoop: ProcessTools["exitsnoop"]): Promise<void> {
  const ends = ["exit 0", "exit 3", "kill 9, $$", "kill 15, $$", "select(undef, undef, undef, 0.05)"];
  const child = (end: string): string =>
    `if (!($p = fork)) { ${end}; POSIX::_exit(7) } waitpid($p, 0); printf "%d:%d ", $p, $?`;
  await using worker = await Worker.start(ends.map(child).join("; "));
  using skel = exitsnoop.load();
  const { records, result } = await recordsOf(skel, () => worker.work());
  const events = records.map(membersOf).filter((event) => event.u32(24) === worker.pid);
  const statuses = events.map((event) => `${event.u32(16)}:${(event.i32(32) << 8) | event.u32(28)}`);
  assert.deepEqual(statuses, result.trim().split(" "));
  assert.deepEqual(new Set(events.map((event) => event.text(36, 16))), new Set(["perl"]));
  const lives = events.map((event) => Number(event.u64(8) - event.u64(0)) / 1e6);
  assert.ok(lives.every((life) => life > 0) && lives.at(-1)! >= 50, `${lives.join(", ")} ms`);
}

async function filesAreThoseOpened(opensnoop: ProcessTools["opensnoop"]): Promise<void> {
  const open = (path: string, mode: string): string =>
    `print open(F, "${mode}", "${path}") ? fileno(F) : -(0 + $!), " "`;
  const paths = ["/etc/passwd", "/no/such/file", "/dev/shm/opensnoop"];
  const modes = ["<", "<", "+>"];
  await using worker = await Worker.start(paths.map((path, i) => open(path, modes[i]!)).join("; "));
  using skel = opensnoop.load({ rodata: { targ_tgid: worker.pid, targ_uid: ANY_UID } });
  const { records, result } = await recordsOf(skel, () => worker.work());
  const [O_CLOEXEC, O_RDWR, O_CREAT, O_TRUNC] = [0o2000000, 2, 0o100, 0o1000];
  const flags = [O_CLOEXEC, O_CLOEXEC, O_CLOEXEC | O_RDWR | O_CREAT | O_TRUNC];
  const returned = result
    .trim()
    .split(" ")
    .map((number) => (number === "-No" ? ENOENT : Number(number)));
  assert.deepEqual(
    records.map(membersOf).map((event) => ({
      pid: event.u32(8),
      uid: event.u32(12),
      ret: event.i32(16),
      flags: event.i32(20),
      comm: event.text(40, 16),
      fname: event.text(56, 255),
    })),
    paths.map((fname, i) => ({ pid: worker.pid, uid: 0, ret: returned[i], flags: flags[i], comm: "perl", fname })),
  );
}

async function filesAreThoseAskedFor(statsnoop: ProcessTools["statsnoop"]): Promise<void> {
  const paths = ["/etc/passwd", "/no/such/file", "/proc/self"];
  await using worker = await Worker.start(paths.map((path) => `stat "${path}"`).join("; "));
  using skel = statsnoop.load({ rodata: { target_pid: worker.pid } });
  const { records } = await recordsOf(skel, () => worker.work());
  assert.deepEqual(
    records.map(membersOf).map((event) => [event.u32(8), event.i32(12), event.text(16, 16), event.text(32, 255)]),
    paths.map((path, i) => [worker.pid, i === 1 ? ENOENT : 0, "perl", path]),
  );
}

async function signalsAreThoseSent(sigsnoop: ProcessTools["sigsnoop"]): Promise<void> {
  const work = "if (!($p = fork)) { sleep 100 } kill 0, $p; kill 19, 999999999; kill 15, $p; waitpid($p, 0); print $p";
  await using worker = await Worker.start(work);
  using skel = sigsnoop.load({ rodata: { filtered_pid: worker.pid }, progs: without("sig_trace") });
  const { records, result } = await recordsOf(skel, () => worker.work());
  const common = { pid: worker.pid, comm: "perl" };
  assert.deepEqual(records, [
    { ...common, tpid: Number(result), sig: 0, ret: 0 },
    { ...common, tpid: 999999999, sig: 19, ret: ESRCH },
    { ...common, tpid: Number(result), sig: 15, ret: 0 },
  ]);
}

async function capabilitiesAreThoseNeeded(capable: ProcessTools["capable"]): Promise<void> {
  const CAP_SYS_NICE = 23;
  await using worker = await Worker.start("setpriority(0, 0, -$_) for 1..3");
  using skel = capable.load({
    rodata: { targ_pid: worker.pid, my_pid: process.pid },
    maps: { stackmap: { valueSize: 127 * 8, maxEntries: 1024 } },
  });
  const { records } = await recordsOf(skel, () => worker.work());
  const found = records.filter(({ cap }) => cap === CAP_SYS_NICE);
  assert.deepEqual(
    found.map(({ tgid, uid, ret, task }) => ({ tgid, uid, ret, task })),
    [1, 2, 3].map(() => ({ tgid: worker.pid, uid: 0, ret: 0, task: "perl" })),
  );
}

/** Names that nobody has to ask a server for. */
async function hostsAreThoseLookedUp(gethostlatency: ProcessTools["gethostlatency"]): Promise<void> {
  const hosts = ["localhost", "127.0.0.9", "::1"];
  const work = hosts.map((host) => `Socket::getaddrinfo("${host}")`).join("; ");
  await using worker = await Worker.start(work, 'Socket::getaddrinfo("localhost")');
  using skel = gethostlatency.load({ rodata: { target_pid: worker.pid } });
  const binary = /(\S+libc\.so\.6)$/mu.exec(worker.proc("maps"))![1]!;
  for (const name of ["getaddrinfo", "gethostbyname", "gethostbyname2"]) {
    skel.progs.handle_entry.attachUprobe({ binary, function: name });
    skel.progs.handle_return.attachUprobe({ binary, function: name, return: true });
  }
  const began = performance.now();
  const { records } = await recordsOf(skel, () => worker.work());
  const lasted = (performance.now() - began) * 1e6;
  assert.deepEqual(
    records.map(({ pid, comm, host }) => ({ pid, comm, host })),
    hosts.map((host) => ({ pid: worker.pid, comm: "perl", host })),
  );
  const times = records.map(({ time }) => Number(time));
  assert.ok(
    times.every((time) => time > 0 && time < lasted),
    `${times.join(", ")} ns of ${lasted}`,
  );
}
