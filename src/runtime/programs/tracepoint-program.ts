import type { Link } from "../links/link.ts";
import { attachTracepoint, type TracepointOptions } from "../links/tracepoint.ts";
import { Program } from "./program.ts";

/** A program for tracepoints: `SEC("tracepoint")`, `SEC("tp")`. */
export class TracepointProgram extends Program {
  /**
   * Attaches the program to a tracepoint (libbpf: `bpf_program__attach_tracepoint_opts`).
   *
   * Throws a `CoreGenError` when this kernel has no such tracepoint, and with code `unsupported` for a cookie on kernels
   * before 5.15.
   *
   * @example
   * skel.progs.handle_open.attachTracepoint({ tracepoint: "syscalls/sys_enter_openat", cookie: 7n });
   */
  attachTracepoint(options: TracepointOptions): Link {
    return this.owner.attachWith((program) => attachTracepoint(program, options));
  }
}
