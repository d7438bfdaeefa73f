import type { Link } from "../links/link.ts";
import { attachPerfEvent, type PerfEventOptions } from "../links/perf-events.ts";
import { Program } from "./program.ts";

/** A program for events that perf counts: `SEC("perf_event")`. */
export class PerfEventProgram extends Program {
  /**
   * Attaches the program to an event of perf on all CPUs, with one link that holds all of them, or to one that the app has
   * opened (libbpf: `bpf_program__attach_perf_event_opts`).
   *
   * Throws a `CoreGenError`: `bad-input` for options that are no event, a `KernelError` with errno ENOENT or EOPNOTSUPP when
   * this machine does not have it, and `unsupported` for a cookie on kernels before 5.15.
   *
   * @example
   * skel.progs.sample.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 99 });
   */
  attachPerfEvent(options: PerfEventOptions): Link {
    return this.owner.attachWith((program) => attachPerfEvent(program, options));
  }
}
