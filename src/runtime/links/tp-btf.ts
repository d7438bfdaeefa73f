import type { LoadedProgram } from "../load/types.ts";
import { Attr, BPF_RAW_TRACEPOINT_OPEN, bpfOrThrow } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/**
 * Attaches a tp_btf program to the tracepoint that it was loaded for.
 *
 * The kernel knows which one that is, so there is no name; this call does it on every kernel that has such programs
 * (5.5), BPF_LINK_CREATE only since 5.20 or so.
 */
export function attachTpBtf({ program, fd }: LoadedProgram, name: string): Link {
  const what = `program "${program.name}" at tracepoint ${name}`;
  const number = bpfOrThrow(BPF_RAW_TRACEPOINT_OPEN, new Attr(16).u32(8, fd.number), `attaching ${what}`);
  return new Link(what, new Fd(number, `the link of ${what}`));
}
