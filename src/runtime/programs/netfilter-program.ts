import { RunnableProgram } from "./runnable-program.ts";
import { netfilterContext, type NetfilterContext, type RunContext } from "./run-context.ts";

/** A program that lets packets through or not: `SEC("netfilter")` (Linux 6.4). */
export class NetfilterProgram extends RunnableProgram<NetfilterContext> {
  protected override readonly runContext: RunContext<NetfilterContext> = netfilterContext;
}
