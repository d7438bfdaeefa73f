/**
 * Programs of a loaded skeleton, a class for each kind: what it can be attached to, with which options. What attaching
 * does is not here (../links).
 */
export { CgroupProgram } from "./cgroup-program.ts";
export { IterProgram } from "./iter-program.ts";
export { ProbeProgram } from "./probe-program.ts";
export { NetkitProgram } from "./netkit-program.ts";
export { Program } from "./program.ts";
export { enableStatistics, type RunStatistics } from "./run-statistics.ts";
export { TcProgram } from "./tc-program.ts";
export { TcxProgram } from "./tcx-program.ts";
export { TracepointProgram } from "./tracepoint-program.ts";
export { XdpProgram } from "./xdp-program.ts";
