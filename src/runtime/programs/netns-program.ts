import type { TestRunAnswer } from "../sys/test-run.ts";
import { flowKeys, skLookupContext, type FlowKeys, type RunContext, type SkLookupContext } from "./run-context.ts";
import { RunnableProgram, type TestRunOptions } from "./runnable-program.ts";

/**
 * A program of a network namespace: `SEC("sk_lookup")`, `SEC("flow_dissector")`. In a test run the former has a context
 * and no data; the latter's context, the flow keys, comes out for every frame that goes in.
 */
export class NetnsProgram extends RunnableProgram<SkLookupContext | FlowKeys> {
  protected override readonly runContext: RunContext<SkLookupContext | FlowKeys> = this.#isDissector
    ? flowKeys
    : skLookupContext;

  protected override readContext(
    answer: TestRunAnswer,
    options: TestRunOptions<SkLookupContext | FlowKeys>,
  ): Required<SkLookupContext> | Required<FlowKeys> | undefined {
    // The kernel hands the flow keys out as data.
    if (this.#isDissector) return flowKeys.decode(answer.data);
    const context = super.readContext(answer, options);
    return context;
  }

  get #isDissector(): boolean {
    return this.section === "flow_dissector";
  }
}
