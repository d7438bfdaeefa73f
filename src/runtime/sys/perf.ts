import { KernelError } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { syscallNumbers } from "./arch.ts";
import { Attr, withAddress } from "./bpf.ts";
import { EACCES, EINVAL, ENOENT } from "./errno.ts";
import { Fd } from "./fd.ts";
import { libc } from "./libc.ts";

export const PERF_TYPE_HARDWARE = 0;
export const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
export const PERF_TYPE_HW_CACHE = 3;
export const PERF_TYPE_RAW = 4;
export const PERF_TYPE_BREAKPOINT = 5;
export const PERF_COUNT_SW_BPF_OUTPUT = 10;
export const PERF_SAMPLE_TIME: number = 1 << 2;
export const PERF_SAMPLE_RAW: number = 1 << 10;
/** The clock of `bpf_ktime_get_ns()`. */
export const CLOCK_MONOTONIC = 1;

/** PERF_ATTR_SIZE_VER1, with `config2`: every kernel that has BPF knows it. */
const ATTR_SIZE = 72;
/** PERF_ATTR_SIZE_VER3, with `clockid` (Linux 4.1). */
const ATTR_SIZE_WITH_CLOCK = 96;
const PERF_FLAG_FD_CLOEXEC = 8;
/** Bits of the bit-fields. C compilers for big-endian machines count them from the other end. */
const bit = (number: bigint): bigint => (hostIsLittleEndian ? 1n << number : 1n << (63n - number));
const FREQ: bigint = bit(10n);
const WATERMARK: bigint = bit(14n);
const USE_CLOCKID: bigint = bit(25n);

/** The parts of `struct perf_event_attr` that are used here. */
export interface PerfEventAttr {
  /** `PERF_TYPE_*`. */
  readonly type: number;
  readonly config: number | bigint;
  /** What is probed: a function of the kernel, or the path of an executable (`config1`, an address). */
  readonly probed?: string;
  /** Where in it, in bytes from its start (`config2`). */
  readonly probeOffset?: bigint;
  /** Sample every so many events. */
  readonly samplePeriod?: number | bigint;
  /** Instead: sample about so many times a second. */
  readonly frequency?: number;
  /** What a breakpoint waits for (`bp_type`), at which address (`config1`), how many bytes long (`config2`). */
  readonly breakpoint?: { readonly kind: number; readonly address: bigint; readonly length: bigint };
  /** `PERF_SAMPLE_*` bits. */
  readonly sampleType?: number;
  /** Wake up readers after so many events. */
  readonly wakeupEvents?: number;
  /** Wake up readers after so many bytes, instead of events. */
  readonly wakeupWatermark?: number;
  /** `CLOCK_*` of the times in samples, instead of perf's own. */
  readonly clock?: number;
}

/**
 * Opens a perf event for one process (-1: all of them) and one CPU (-1: all of them), not both -1.
 *
 * `what` names it in errors. Throws a {@link KernelError}.
 */
export function openPerfEvent(event: PerfEventAttr, pid: number, cpu: number, what: string): Fd {
  const number = syscallNumbers().perfEventOpen;
  const attr = encodePerfEventAttr(event);
  const open = (address: number): number => libc().syscall5(number, address, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  const result = withAddress(attr.bytes, open, attr);
  if (result >= 0) return new Fd(result, what);
  const failure = { doing: `opening ${what}`, syscall: "perf_event_open", errno: -result };
  throw new KernelError({ ...failure, meaning: meanings.get(-result), hints: hints.get(-result) ?? [] });
}

const meanings: ReadonlyMap<number, string> = new Map([
  [EACCES, "kernel.perf_event_paranoid forbids it to this user"],
  [ENOENT, "this kernel has no such event"],
  [EINVAL, "this kernel has no such event, or can't have it on this CPU"],
]);

const hints: ReadonlyMap<number, readonly string[]> = new Map([
  [EACCES, ["Run as root, or give the process CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8)."]],
]);

/** The bytes of `struct perf_event_attr`. */
export function encodePerfEventAttr(event: PerfEventAttr): Attr {
  const size = event.clock === undefined ? ATTR_SIZE : ATTR_SIZE_WITH_CLOCK;
  const attr = new Attr(size)
    .u32(0, event.type)
    .u32(4, size)
    .u64(8, BigInt(event.config))
    .u64(16, BigInt(event.frequency ?? event.samplePeriod ?? 0))
    .u64(24, BigInt(event.sampleType ?? 0))
    .u64(40, flagsOf(event))
    .u32(48, event.wakeupWatermark ?? event.wakeupEvents ?? 0)
    .u64(64, event.probeOffset ?? 0n);
  if (event.clock !== undefined) attr.u32(92, event.clock);
  const { breakpoint } = event;
  if (breakpoint !== undefined) attr.u32(52, breakpoint.kind).u64(56, breakpoint.address).u64(64, breakpoint.length);
  return event.probed === undefined ? attr : attr.text(56, event.probed);
}

function flagsOf({ wakeupWatermark, frequency, clock }: PerfEventAttr): bigint {
  const flags: [unknown, bigint][] = [
    [wakeupWatermark, WATERMARK],
    [frequency, FREQ],
    [clock, USE_CLOCKID],
  ];
  return flags.reduce((all, [given, flag]) => (given === undefined ? all : all | flag), 0n);
}

// _IO('$', n) and _IOW('$', n, __u32) of linux/perf_event.h. PowerPC has its own encoding of the direction.
const [NONE, WRITE]: readonly [number, number] =
  process.arch === "ppc64" ? [0x2000_0000, 0x8000_0000] : [0, 0x4000_0000];
const PERF_EVENT_IOC_ENABLE: number = NONE + 0x2400;
const PERF_EVENT_IOC_SET_BPF: number = WRITE + 0x4_2408;

/** Lets the event count. Throws a {@link KernelError}. */
export function enablePerfEvent(event: Fd): void {
  control(event, "PERF_EVENT_IOC_ENABLE", PERF_EVENT_IOC_ENABLE, 0);
}

/** Runs a program at each of the events, for as long as the event is open. Throws a {@link KernelError}. */
export function setPerfEventProgram(event: Fd, program: Fd): void {
  control(event, "PERF_EVENT_IOC_SET_BPF", PERF_EVENT_IOC_SET_BPF, program.number);
}

function control(event: Fd, command: string, request: number, argument: number): void {
  const result = libc().ioctl(event.number, request, argument);
  if (result < 0)
    throw new KernelError({ doing: `controlling ${event.what}`, syscall: "ioctl", command, errno: -result });
}
