import type { LoadedProgram } from "../load/types.ts";
import { Attr, BPF_RAW_TRACEPOINT_OPEN, bpfOrThrow, type Meanings } from "../sys/bpf.ts";
import { EBUSY, ENOTSUPP } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/**
 * Attaches a program to what it was loaded for, a tracepoint or a function (libbpf: `bpf_program__attach_trace`).
 *
 * The kernel knows which one that is, so there is no name; this call does it on every kernel that has such programs
 * (5.5), BPF_LINK_CREATE only since 5.20 or so.
 */
export function attachTrace({ program, fd }: LoadedProgram, name: string): Link {
  const kind = program.def?.prefix.replace(/\.s$/u, "").replace("tp_btf", "tracepoint") ?? "its target";
  const what = `program "${program.name}" at ${kind} ${name}`;
  const attr = new Attr(16).u32(8, fd.number);
  const number = bpfOrThrow(BPF_RAW_TRACEPOINT_OPEN, attr, `attaching ${what}`, meanings);
  return new Link(what, new Fd(number, `the link of ${what}`));
}

const meanings: Meanings = new Map([
  [EBUSY, "something else has a hold of that function: a kprobe that changes it, or a live patch"],
  [ENOTSUPP, "this kernel can't trace that function on this architecture"],
]);
