import type { Link } from "../links/link.ts";
import { attachTrace, type TraceOptions } from "../links/trace.ts";
import { RunnableProgram } from "./runnable-program.ts";

/**
 * A program that was loaded for one function, tracepoint or security hook: `SEC("fentry")`, `SEC("fexit")`,
 * `SEC("fmod_ret")`, `SEC("fsession")`, `SEC("tp_btf")`, `SEC("lsm")`. A test run of one for a function calls the
 * kernel's functions for tests, `bpf_fentry_test1` and so on: it must be attached to one of them to be run.
 */
export class TraceProgram extends RunnableProgram {
  /**
   * Attaches the program to what it was loaded for (libbpf: `bpf_program__attach_trace_opts`, `bpf_program__attach_lsm`).
   *
   * Throws a `CoreGenError`: `bad-input` for a function that can't be traced, with the reason; `unsupported` for a cookie
   * on kernels that have none there; a `KernelError` when the kernel refuses.
   *
   * @example
   * skel.progs.on_unlink.attachTrace({ cookie: 7n });
   */
  attachTrace(options: TraceOptions = {}): Link {
    return this.owner.attachWith((program) => attachTrace(program, program.program.def?.extra ?? "", options));
  }
}
