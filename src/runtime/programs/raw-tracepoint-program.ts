import type { Link } from "../links/link.ts";
import { attachRawTracepoint, type RawTracepointOptions } from "../links/raw-tracepoint.ts";
import { rawTracepointArguments, type RunContext } from "./run-context.ts";
import { RunnableProgram, type TestRunOptions, type TestRunResult } from "./runnable-program.ts";

const BPF_F_TEST_RUN_ON_CPU = 1;

/** A program for raw tracepoints: `SEC("raw_tp")`, `SEC("raw_tracepoint")`, and those that may write, `SEC("raw_tp.w")`. */
export class RawTracepointProgram extends RunnableProgram<readonly bigint[]> {
  protected override readonly runContext: RunContext<readonly bigint[]> = rawTracepointArguments;

  /**
   * Attaches the program to a raw tracepoint (libbpf: `bpf_program__attach_raw_tracepoint_opts`).
   *
   * Throws a `CoreGenError` when this kernel has no such tracepoint, with names that are near, and with code `unsupported`
   * for a cookie on kernels before 6.10.
   *
   * @example
   * skel.progs.on_switch.attachRawTracepoint({ tracepoint: "sched_switch", cookie: 7n });
   */
  attachRawTracepoint(options: RawTracepointOptions): Link {
    return this.owner.attachWith((program) => attachRawTracepoint(program, options));
  }

  /**
   * Runs the program once with arguments of yours as its context, up to 12, on the CPU `cpu` if that is given
   * (BPF_PROG_TEST_RUN, Linux 5.10; libbpf: `bpf_prog_test_run_opts`). There is no data, and nothing is measured.
   *
   * @example
   * skel.progs.on_switch.testRun({ context: [1n, 2n, 3n], cpu: 0 });
   */
  override testRun(options: TestRunOptions<readonly bigint[]> = {}): TestRunResult<readonly bigint[]> {
    const onCpu = options.cpu === undefined ? 0 : BPF_F_TEST_RUN_ON_CPU;
    const flags = (options.flags ?? 0) | onCpu;
    const answer = this.run({ ...this.runRequest({ ...options, flags }), contextOutSize: 0 });
    return { ...answer, context: undefined };
  }
}
