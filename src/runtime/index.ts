/**
 * Loading a compiled object into the running kernel, and using it: what generated modules and apps import. Everything
 * that touches the kernel is in this folder; reading objects and relocating them is not (`object`, `co-re`).
 * The system call: https://docs.kernel.org/userspace-api/ebpf/syscall.html
 */
export { CoreGenError, isCoreGenError, type ErrorCode, type ErrorDetails } from "../errors.ts";
export { BufferFullError, IncompatibleMapError, KernelError, VerifierError, type MapDifference } from "./errors.ts";
export type { LogLine, LogEvent, LogFacts, LogLevel, OnLog, VerifierStatistics } from "./load/index.ts";
export {
  registerSectionHandler,
  type AttachWays,
  type LoadChanges,
  type SectionHandler,
  type SectionProgram,
  type SectionRegistration,
} from "./section-handlers.ts";
export { base64, external, forArch } from "./embed.ts";
export { defineSkeleton } from "./skeleton.ts";
export type {
  AttachTarget,
  Loaded,
  MapSettings,
  Opened,
  OpenedMap,
  OpenedProgram,
  OpenedSection,
  OpenedUntypedMap,
  ProgramSettings,
  Settings,
  Shape,
  Skeleton,
  UntypedMapSettings,
} from "./shape.ts";
export type { MapSource } from "./load/types.ts";
export type { GlobalsSpec, MapSpec, SkeletonSpec, StructOpsSpec } from "./spec.ts";
export type { Codec } from "./codec.ts";
export { KernelTime } from "./kernel-time.ts";
export { Memory } from "./memory.ts";
export type { RecordView } from "./record-view.ts";
export { bool, bytes, f32, f64, i128, i16, i32, i64, i8, pointer, text, u128, u16, u32, u64, u8 } from "./codecs.ts";
export {
  CgroupProgram,
  enableStatistics,
  FreplaceProgram,
  IterProgram,
  LircProgram,
  LwtProgram,
  NetfilterProgram,
  NetkitProgram,
  NetnsProgram,
  PacketProgram,
  ProbeProgram,
  KprobeMultiProgram,
  UprobeMultiProgram,
  RawTracepointProgram,
  TraceProgram,
  TraceMultiProgram,
  PerfEventProgram,
  Program,
  RunnableProgram,
  SkReuseportProgram,
  SocketFilterProgram,
  SockmapProgram,
  SyscallProgram,
  TcProgram,
  TcxProgram,
  TracepointProgram,
  UsdtProgram,
  TrafficProgram,
  XdpProgram,
  type FlowKeys,
  type NetfilterContext,
  type NetnsContext,
  type NetnsRunResult,
  type RunContext,
  type RunStatistics,
  type SkBuffContext,
  type SkLookupContext,
  type SyscallRunResult,
  type TcAction,
  type TcRunResult,
  type TestRunOptions,
  type TestRunResult,
  type XdpAction,
  type XdpContext,
  type XdpRunOptions,
  type XdpRunResult,
} from "./programs/index.ts";
export type { ProgramInfo } from "./sys/program-info.ts";
export type { MapInfo } from "./sys/map-info.ts";
export {
  features,
  kernelSymbols,
  type Feature,
  type Features,
  type KernelSymbol,
  type KernelSymbols,
} from "./kernel/index.ts";
export {
  Iteration,
  IterLink,
  Link,
  queryCgroup,
  queryNetkit,
  queryTc,
  queryTcx,
  queryXdp,
  StructOpsLink,
  TcLink,
  type CgroupAttachType,
  type CgroupMode,
  type CgroupOrder,
  type CgroupOptions,
  type CgroupPrograms,
  type CgroupQuery,
  type ChainMember,
  type ChainPlace,
  type FreplaceOptions,
  type IterOptions,
  type KprobeMultiOptions,
  type KprobeOptions,
  type KsyscallOptions,
  type PerfEventOptions,
  type ProbeMode,
  type RawTracepointOptions,
  type TraceMultiOptions,
  type TraceOptions,
  type TracepointOptions,
  type UprobeMultiOptions,
  type UprobeOptions,
  type DeviceChain,
  type AnyLink,
  type LinkInfo,
  type LircOptions,
  type NetfilterFamily,
  type NetfilterHook,
  type NetfilterOptions,
  type NetkitEnd,
  type NetkitOptions,
  type NetnsOptions,
  type PerfEventOfLink,
  type ProgramSource,
  type SocketMap,
  type SockmapHook,
  type SockmapOptions,
  type TcAttachment,
  type TcDirection,
  type TcFilterOptions,
  type TcHandle,
  type TcOptions,
  type TcParent,
  type TcPlace,
  type TcxOptions,
  type UpdateOptions,
  type UsdtOptions,
  type XdpAttachment,
  type XdpMode,
  type XdpOptions,
} from "./links/index.ts";
export * from "./maps/index.ts";
export { BPF_ANY, BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } from "./sys/map-ops.ts";
export * from "./records/index.ts";
