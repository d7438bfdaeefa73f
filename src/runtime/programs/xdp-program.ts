import type { Link } from "../links/link.ts";
import { attachXdp, type XdpOptions } from "../links/xdp.ts";
import { checkCount, RunnableProgram, type TestRunOptions, type TestRunResult } from "./runnable-program.ts";
import { xdpContext, type RunContext, type XdpContext } from "./run-context.ts";

const xdpActions = ["XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"] as const;
export type XdpAction = (typeof xdpActions)[number];

/** What an XDP program is run with. */
export interface XdpRunOptions extends TestRunOptions<XdpContext> {
  /**
   * Really sends what the program passes on, sends back or redirects (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18), `batchSize`
   * frames at a time (0 or left out: 64). The context says with `ingress_ifindex` where they come from; none come out.
   */
  readonly liveFrames?: { readonly batchSize?: number | undefined } | undefined;
}

/** What came of a test run. */
export interface XdpRunResult extends TestRunResult<XdpContext> {
  /** The name of what it returned; undefined for other numbers, and for live frames. */
  readonly action: XdpAction | undefined;
}

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;

/** A program for packets as a network interface receives them: `SEC("xdp")`, `SEC("xdp.frags")`. */
export class XdpProgram extends RunnableProgram<XdpContext> {
  protected override readonly runContext: RunContext<XdpContext> = xdpContext;

  /**
   * Attaches the program to a network interface, with a BPF link, on kernels before 5.9 through netlink (libbpf:
   * `bpf_program__attach_xdp`, `bpf_xdp_attach`). Programs of `xdp/devmap` and `xdp/cpumap` run from maps instead.
   *
   * Throws a `CoreGenError` when there is no such interface, and a `KernelError` when the kernel refuses: EBUSY or EEXIST
   * where a program is attached, EOPNOTSUPP where the driver can't do it.
   *
   * @example
   * using link = skel.progs.drop.attachXdp({ interface: "eth0", mode: "generic" });
   */
  attachXdp(options: XdpOptions): Link {
    return this.owner.attachWith((program) => attachXdp(program, options));
  }

  /**
   * Runs the program on an Ethernet frame (BPF_PROG_TEST_RUN; libbpf: `bpf_prog_test_run_opts`). It need not be attached.
   * Throws a `KernelError` when the kernel refuses: EINVAL for less than 14 bytes, or a context before Linux 5.15.
   *
   * @example
   * const { action, data } = skel.progs.drop.testRun({ data: frame });
   */
  override testRun(options: XdpRunOptions = {}): XdpRunResult {
    const { liveFrames } = options;
    const request = this.runRequest({ ...options, context: withDataEnd(options) });
    if (liveFrames === undefined) {
      const answer = this.run(request);
      const action = xdpActions[answer.returnValue];
      return { ...answer, context: this.readContext(answer, options), action };
    }
    const { batchSize } = liveFrames;
    checkCount("batchSize", batchSize, request.doing);
    const flags = (options.flags ?? 0) | BPF_F_TEST_XDP_LIVE_FRAMES;
    const answer = this.run({ ...request, flags, batchSize, dataOutSize: 0, contextOutSize: 0 });
    return { ...answer, context: undefined, action: undefined };
  }
}

/** The kernel wants to hear twice how long the data is. */
function withDataEnd({ context, data }: XdpRunOptions): XdpContext | Uint8Array | undefined {
  if (context === undefined || context instanceof Uint8Array) return context;
  return { data_end: data?.length ?? 0, ...context };
}
