/**
 * A moment as `bpf_ktime_get_ns()` tells it: what a member with the decl tag `core-gen:ktime` is. Nothing is rounded.
 *
 * @example
 * console.log(event.started.toDate(), KernelTime.now().ns - event.started.ns);
 */
export class KernelTime {
  /** In nanoseconds since the machine started, time asleep not included (CLOCK_MONOTONIC). */
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }

  /** This moment. */
  static now(): KernelTime {
    // libuv's uv_hrtime() reads CLOCK_MONOTONIC.
    return new KernelTime(process.hrtime.bigint());
  }

  /**
   * What this machine's clock shows at that moment, to the millisecond, as the clock is set now. For records of another
   * machine, and for moments before this one slept, it is something else.
   */
  toDate(): Date {
    return new Date(Date.now() - Number(process.hrtime.bigint() - this.ns) / 1e6);
  }

  /** For `JSON.stringify`: the date in ISO 8601, null when there can't be one. */
  toJSON(): string | null {
    return this.toDate().toJSON();
  }
}
