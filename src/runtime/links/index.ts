/**
 * Attaching loaded programs to events of the kernel: one file for each kind of event. Not for loading them (../load).
 * What there is to attach to: https://docs.kernel.org/bpf/libbpf/program_types.html
 */
export { attachesBySection, attachProgram } from "./attach.ts";
export { Link } from "./link.ts";
export { attachStructOps, StructOpsLink } from "./struct-ops.ts";
