/**
 * Attaching loaded programs to events of the kernel: one file for each kind of event. Not for loading them (../load).
 * What there is to attach to: https://docs.kernel.org/bpf/libbpf/program_types.html
 */
export { attachesBySection, attachProgram } from "./attach.ts";
export type { CgroupMode, CgroupOptions } from "./cgroup-attachment.ts";
export { queryCgroup, type CgroupAttachType, type CgroupPrograms, type CgroupQuery } from "./cgroup-query.ts";
export type { ChainMember, ChainPlace } from "./chain-place.ts";
export type { FreplaceOptions } from "./freplace.ts";
export type { LircOptions } from "./lirc.ts";
export { Link, type AnyLink, type ProgramSource, type UpdateOptions } from "./link.ts";
export type {
  CgroupLinkInfo,
  InterfaceLinkInfo,
  IterLinkInfo,
  KprobeMultiLinkInfo,
  LinkDetails,
  LinkFacts,
  LinkInfo,
  NetfilterLinkInfo,
  NetnsLinkInfo,
  PerfEventLinkInfo,
  PerfEventOfLink,
  RawTracepointLinkInfo,
  SockmapLinkInfo,
  StructOpsMapLinkInfo,
  TracingLinkInfo,
  TracingMultiLinkInfo,
  UnknownLinkInfo,
  UprobeMultiLinkInfo,
} from "./link-info.ts";
export type { NetfilterFamily, NetfilterHook, NetfilterOptions } from "./netfilter.ts";
export type { CgroupOrder, IterOptions } from "./iter/attach-iter.ts";
export { IterLink } from "./iter/iter-link.ts";
export { Iteration } from "./iter/iteration.ts";
export type { DeviceChain } from "./device-chain.ts";
export type { NetnsOptions } from "./netns.ts";
export type { SocketMap, SockmapHook, SockmapOptions } from "./sockmap.ts";
export { queryNetkit, type NetkitEnd, type NetkitOptions } from "./netkit.ts";
export type { UsdtOptions } from "./usdt/attach-usdt.ts";
export { attachStructOps, StructOpsLink } from "./struct-ops.ts";
export { TcLink, type TcDirection, type TcFilterOptions, type TcOptions, type TcParent } from "./tc.ts";
export type { TcHandle, TcPlace } from "./tc-place.ts";
export { queryTc, type TcAttachment } from "./tc-query.ts";
export { queryTcx, type TcxOptions } from "./tcx.ts";
export type { XdpOptions } from "./xdp.ts";
export { queryXdp, type XdpAttachment, type XdpMode } from "./xdp-query.ts";
export type { KprobeMultiOptions } from "./kprobe-multi.ts";
export type { KprobeOptions, KsyscallOptions } from "./kprobe.ts";
export type { PerfEventOptions } from "./perf-events.ts";
export type { ProbeMode } from "./probe.ts";
export type { RawTracepointOptions } from "./raw-tracepoint.ts";
export type { TraceMultiOptions } from "./trace-multi.ts";
export type { TraceOptions } from "./trace.ts";
export type { TracepointOptions } from "./tracepoint.ts";
export type { UprobeMultiOptions } from "./uprobe-multi.ts";
export type { UprobeOptions } from "./uprobe.ts";
