import type { Link } from "../links/link.ts";
import { attachNetfilter, type NetfilterOptions } from "../links/netfilter.ts";
import { RunnableProgram } from "./runnable-program.ts";
import { netfilterContext, type NetfilterContext, type RunContext } from "./run-context.ts";

/** A program that lets packets through or not: `SEC("netfilter")` (Linux 6.4). It returns NF_DROP (0) or NF_ACCEPT (1). */
export class NetfilterProgram extends RunnableProgram<NetfilterContext> {
  protected override readonly runContext: RunContext<NetfilterContext> = netfilterContext;

  /**
   * Attaches the program to a hook of netfilter, in the network namespace of this process (libbpf:
   * `bpf_program__attach_netfilter`, Linux 6.4).
   *
   * Throws a `CoreGenError` with code `bad-input` for options that can't be, and a `KernelError` when the kernel refuses:
   * EBUSY when another program has the same priority there.
   *
   * @example
   * using link = skel.progs.filter.attachNetfilter({ family: "ipv4", hook: "local-in", priority: -128 });
   */
  attachNetfilter(options: NetfilterOptions): Link {
    return this.owner.attachWith((program) => attachNetfilter(program, options));
  }
}
