/**
 * Programs of a loaded skeleton, a class for each kind: what it can be attached to, with which options. What attaching
 * does is not here (../links).
 */
export { CgroupProgram } from "./cgroup-program.ts";
export { FreplaceProgram } from "./freplace-program.ts";
export { IterProgram } from "./iter-program.ts";
export { ProbeProgram } from "./probe-program.ts";
export { LircProgram } from "./lirc-program.ts";
export { LwtProgram } from "./lwt-program.ts";
export { NetfilterProgram } from "./netfilter-program.ts";
export { NetkitProgram } from "./netkit-program.ts";
export { NetnsProgram, type NetnsContext, type NetnsRunResult } from "./netns-program.ts";
export { PacketProgram, TrafficProgram, type TcAction, type TcRunResult } from "./packet-program.ts";
export { KprobeMultiProgram } from "./kprobe-multi-program.ts";
export { UprobeMultiProgram } from "./uprobe-multi-program.ts";
export { RawTracepointProgram } from "./raw-tracepoint-program.ts";
export { TraceMultiProgram } from "./trace-multi-program.ts";
export { TraceProgram } from "./trace-program.ts";
export { PerfEventProgram } from "./perf-event-program.ts";
export { Program } from "./program.ts";
export { enableStatistics, type RunStatistics } from "./run-statistics.ts";
export type {
  FlowKeys,
  NetfilterContext,
  RunContext,
  SkBuffContext,
  SkLookupContext,
  XdpContext,
} from "./run-context.ts";
export { RunnableProgram, type TestRunOptions, type TestRunResult } from "./runnable-program.ts";
export { SkReuseportProgram } from "./sk-reuseport-program.ts";
export { SocketFilterProgram } from "./socket-filter-program.ts";
export { SockmapProgram } from "./sockmap-program.ts";
export { SyscallProgram, type SyscallRunResult } from "./syscall-program.ts";
export { TcProgram } from "./tc-program.ts";
export { TcxProgram } from "./tcx-program.ts";
export { TracepointProgram } from "./tracepoint-program.ts";
export { UsdtProgram } from "./usdt-program.ts";
export { XdpProgram, type XdpAction, type XdpRunOptions, type XdpRunResult } from "./xdp-program.ts";
