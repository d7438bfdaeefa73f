import { programKind, type ProgramKind } from "../object/program-kinds.ts";
import type { SectionDef } from "../object/sections.ts";

/** The runtime's classes of programs: src/runtime/programs/make-program.ts makes the same. */
const classes: Readonly<Partial<Record<ProgramKind, string>>> = {
  cgroup: "CgroupProgram",
  iter: "IterProgram",
  freplace: "FreplaceProgram",
  probe: "ProbeProgram",
  tracepoint: "TracepointProgram",
  usdt: "UsdtProgram",
  xdp: "XdpProgram",
  tc: "TcProgram",
  tcx: "TcxProgram",
  netkit: "NetkitProgram",
  netns: "NetnsProgram",
  lirc: "LircProgram",
  lwt: "LwtProgram",
  netfilter: "NetfilterProgram",
  "sk-reuseport": "SkReuseportProgram",
  "socket-filter": "SocketFilterProgram",
  sockmap: "SockmapProgram",
  syscall: "SyscallProgram",
  "kprobe-multi": "KprobeMultiProgram",
  "uprobe-multi": "UprobeMultiProgram",
  "raw-tracepoint": "RawTracepointProgram",
  trace: "TraceProgram",
  "trace-multi": "TraceMultiProgram",
  "perf-event": "PerfEventProgram",
};

/** The class of the runtime that a program of this section belongs to; "Program" when it can be attached by its section alone. */
export function programClass(def: SectionDef | undefined): string {
  return classes[programKind(def)] ?? "Program";
}
