import { Attr, BPF_ENABLE_STATS, bpfOrThrow, type Meanings } from "../sys/bpf.ts";
import { EINVAL } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";

const BPF_STATS_RUN_TIME = 0;

/** Keeps the kernel counting until it is closed. */
export interface RunStatistics extends Disposable {
  /** A second call does nothing. */
  close(): void;
}

/**
 * Makes the kernel count how often every program in it runs, and for how long, as `info()` of a program then says. It costs
 * some tens of nanoseconds a run. It ends when what is returned is closed, here and everywhere else that has asked for
 * it, and with the process (kernel: BPF_ENABLE_STATS, Linux 5.8; for good: sysctl kernel.bpf_stats_enabled).
 *
 * @example
 * using statistics = enableStatistics();
 * await setTimeout(1000);
 * const { runCount, runTime } = skel.progs.handle_open.info();
 */
export function enableStatistics(): RunStatistics {
  const attr = new Attr(4).u32(0, BPF_STATS_RUN_TIME);
  return new Fd(
    bpfOrThrow(BPF_ENABLE_STATS, attr, "turning on statistics of programs", meanings),
    "statistics of programs",
  );
}

const meanings: Meanings = new Map([
  [EINVAL, "this kernel can't: Linux 5.8 and later can; with older ones set sysctl kernel.bpf_stats_enabled=1"],
]);
