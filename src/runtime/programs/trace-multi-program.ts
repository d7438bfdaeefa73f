import type { Link } from "../links/link.ts";
import { attachTraceMulti, type TraceMultiOptions } from "../links/trace-multi.ts";
import { Program } from "./program.ts";

/** A program for many functions of the kernel: `SEC("fentry.multi")`, `SEC("fexit.multi")`, `SEC("fsession.multi")`. */
export class TraceMultiProgram extends Program {
  /**
   * Attaches the program to functions of the kernel, or of the module that its section names, with one link (libbpf:
   * `bpf_program__attach_tracing_multi`).
   *
   * Throws a `CoreGenError`: `bad-input` when a function is missing or can't be traced; `unsupported` on kernels that have no
   * such links.
   *
   * @example
   * skel.progs.count.attachTraceMulti({ pattern: "tcp_v4_*" });
   */
  attachTraceMulti(options: TraceMultiOptions): Link {
    return this.owner.attachWith((program) => attachTraceMulti(program, options));
  }
}
