import { programKind, type ProgramKind } from "../../object/program-kinds.ts";
import { findSectionDef } from "../../object/sections.ts";
import { CgroupProgram } from "./cgroup-program.ts";
import { FreplaceProgram } from "./freplace-program.ts";
import { IterProgram } from "./iter-program.ts";
import { ProbeProgram } from "./probe-program.ts";
import { LircProgram } from "./lirc-program.ts";
import { LwtProgram } from "./lwt-program.ts";
import { NetfilterProgram } from "./netfilter-program.ts";
import { NetkitProgram } from "./netkit-program.ts";
import { NetnsProgram } from "./netns-program.ts";
import { KprobeMultiProgram } from "./kprobe-multi-program.ts";
import { UprobeMultiProgram } from "./uprobe-multi-program.ts";
import { TraceMultiProgram } from "./trace-multi-program.ts";
import { PerfEventProgram } from "./perf-event-program.ts";
import { Program, type ProgramFacts, type ProgramOwner } from "./program.ts";
import { RawTracepointProgram } from "./raw-tracepoint-program.ts";
import { SkReuseportProgram } from "./sk-reuseport-program.ts";
import { SocketFilterProgram } from "./socket-filter-program.ts";
import { SockmapProgram } from "./sockmap-program.ts";
import { SyscallProgram } from "./syscall-program.ts";
import { TcProgram } from "./tc-program.ts";
import { TcxProgram } from "./tcx-program.ts";
import { TraceProgram } from "./trace-program.ts";
import { TracepointProgram } from "./tracepoint-program.ts";
import { UsdtProgram } from "./usdt-program.ts";
import { XdpProgram } from "./xdp-program.ts";

type ProgramClass = new (facts: ProgramFacts, owner: ProgramOwner) => Program;

/** The same classes as the generator writes: src/generator/program-classes.ts. */
const classes: Readonly<Partial<Record<ProgramKind, ProgramClass>>> = {
  cgroup: CgroupProgram,
  iter: IterProgram,
  freplace: FreplaceProgram,
  probe: ProbeProgram,
  tracepoint: TracepointProgram,
  usdt: UsdtProgram,
  xdp: XdpProgram,
  tc: TcProgram,
  tcx: TcxProgram,
  netkit: NetkitProgram,
  netns: NetnsProgram,
  lirc: LircProgram,
  lwt: LwtProgram,
  netfilter: NetfilterProgram,
  "sk-reuseport": SkReuseportProgram,
  "socket-filter": SocketFilterProgram,
  sockmap: SockmapProgram,
  syscall: SyscallProgram,
  "kprobe-multi": KprobeMultiProgram,
  "uprobe-multi": UprobeMultiProgram,
  "raw-tracepoint": RawTracepointProgram,
  trace: TraceProgram,
  "trace-multi": TraceMultiProgram,
  "perf-event": PerfEventProgram,
};

/** A program of the class that goes with its section. */
export function makeProgram(facts: ProgramFacts, owner: ProgramOwner): Program {
  const kind = programKind(findSectionDef(facts.section.replace(/^\?/u, "")));
  return new (classes[kind] ?? Program)(facts, owner);
}
