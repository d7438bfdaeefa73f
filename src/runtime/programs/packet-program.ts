import { RunnableProgram, type TestRunOptions, type TestRunResult } from "./runnable-program.ts";
import { skBuffContext, type RunContext, type SkBuffContext } from "./run-context.ts";

/** A program that gets packets as `struct __sk_buff`. */
export abstract class PacketProgram extends RunnableProgram<SkBuffContext> {
  protected override readonly runContext: RunContext<SkBuffContext> = skBuffContext;
}

/** `TC_ACT_*` and what is the same, `TCX_*` and `NETKIT_*`, by what a program returns. */
const tcActions = [
  "TC_ACT_UNSPEC",
  "TC_ACT_OK",
  "TC_ACT_RECLASSIFY",
  "TC_ACT_SHOT",
  "TC_ACT_PIPE",
  "TC_ACT_STOLEN",
  "TC_ACT_QUEUED",
  "TC_ACT_REPEAT",
  "TC_ACT_REDIRECT",
  "TC_ACT_TRAP",
] as const;
export type TcAction = (typeof tcActions)[number];

/** What came of a test run of a program that decides about packets. */
export interface TcRunResult extends TestRunResult<SkBuffContext> {
  /** The name of what it returned; undefined for other numbers. */
  readonly action: TcAction | undefined;
}

/** A program that decides what becomes of packets, of tc, tcx or netkit. */
export abstract class TrafficProgram extends PacketProgram {
  /**
   * Runs the program on an Ethernet frame (BPF_PROG_TEST_RUN; libbpf: `bpf_prog_test_run_opts`). It need not be attached.
   * Throws a `KernelError` when the kernel refuses: EINVAL for less than 14 bytes.
   *
   * @example
   * const { action, data } = skel.progs.classify.testRun({ data: frame, context: { mark: 7 } });
   */
  override testRun(options: TestRunOptions<SkBuffContext> = {}): TcRunResult {
    const result = super.testRun(options);
    return { ...result, action: tcActions[result.returnValue + 1] };
  }
}
