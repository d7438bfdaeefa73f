import type { Link } from "../links/link.ts";
import { attachNetns, type NetnsOptions } from "../links/netns.ts";
import { flowKeys, skLookupContext, type FlowKeys, type RunContext, type SkLookupContext } from "./run-context.ts";
import { RunnableProgram, type TestRunOptions, type TestRunResult } from "./runnable-program.ts";

/** What goes into a test run: of a socket lookup its context, of a flow dissector the flags of its keys. */
export type NetnsContext = SkLookupContext | Pick<FlowKeys, "flags">;

/** What came of a test run. */
export interface NetnsRunResult extends TestRunResult<SkLookupContext> {
  /** What a flow dissector has found in the frame; undefined for a socket lookup. */
  readonly flowKeys: Required<FlowKeys> | undefined;
}

/** A program of a network namespace: `SEC("sk_lookup")`, `SEC("flow_dissector")`. */
export class NetnsProgram extends RunnableProgram<NetnsContext> {
  protected override readonly runContext: RunContext<NetnsContext> = this.#isDissector ? flowKeys : skLookupContext;

  /**
   * Runs the program (BPF_PROG_TEST_RUN; libbpf: `bpf_prog_test_run_opts`): a socket lookup on a context (Linux 5.13), a
   * flow dissector on an Ethernet frame. It need not be attached. Throws a `KernelError` when the kernel refuses.
   *
   * @example
   * skel.progs.look.testRun({ context: { family: 2, protocol: 6, local_port: 80 } }).context?.cookie;
   * skel.progs.dissect.testRun({ data: frame }).flowKeys?.ip_proto;
   */
  override testRun(options: TestRunOptions<NetnsContext> = {}): NetnsRunResult {
    const answer = this.run(this.runRequest(options));
    if (this.#isDissector) return { ...answer, context: undefined, flowKeys: flowKeys.decode(answer.data) };
    const context = answer.context.length === 0 ? undefined : skLookupContext.decode(answer.context);
    return { ...answer, context, flowKeys: undefined };
  }

  /**
   * Attaches the program to a network namespace, this process's own when none is named, with a BPF link (Linux 5.8 for flow
   * dissectors, 5.9 for socket lookups; libbpf: `bpf_program__attach_netns`). A namespace has one flow dissector, and up to
   * 64 socket lookups, which run in the order in which they were attached.
   *
   * Without a link, on older kernels or with `legacy`, a flow dissector stays attached if the process is killed: until its
   * namespace goes, or somebody detaches it.
   *
   * Throws a `CoreGenError`: `bad-input` when there is no such namespace, `unsupported` for what can't be without a link,
   * and a `KernelError`: E2BIG when no more programs can be attached there, EEXIST when a flow dissector excludes this one.
   *
   * @example
   * using link = skel.progs.steer.attachNetns({ netns: "/run/netns/blue" });
   */
  attachNetns(options: NetnsOptions = {}): Link {
    return this.owner.attachWith((program) => attachNetns(program, options));
  }

  get #isDissector(): boolean {
    return this.section === "flow_dissector";
  }
}
