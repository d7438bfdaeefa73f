import { show } from "../value-checks.ts";
import type { PerfRingSettings } from "./perf-ring.ts";

/** How the rings of a perf event array are made and read. What is left out stays as it is, or is the default. */
export interface PerfOptions {
  /** Memory pages of each CPU's ring, a power of two. Default: 64. */
  readonly pages?: number | undefined;
  /** Readers are woken up after so many records of one CPU: fewer than these may lie there for long. Default: 1. */
  readonly wakeupEvents?: number | undefined;
  /** Readers are woken up when there are so many bytes in the ring of one CPU, instead of after `wakeupEvents`. */
  readonly wakeupWatermark?: number | undefined;
  /**
   * "cpu": the records of one CPU after those of another, as fast as can be. "time": in the order in which they were
   * sent, each a few milliseconds later, because until then an earlier one may come from another CPU. Default: "cpu".
   */
  readonly order?: "cpu" | "time" | undefined;
}

/** All of {@link PerfOptions}. */
export interface PerfSettings extends PerfRingSettings {
  readonly order: "cpu" | "time";
}

/** 1 GiB of the smallest pages. */
const mostPages = 2 ** 18;

const defaults: PerfSettings = { pages: 64, wakeupEvents: 1, wakeupWatermark: 0, order: "cpu", timed: false };

/** `options` over the settings there are. Throws a RangeError or TypeError for what can't be; `what` names the map. */
export function checkedPerfSettings(what: string, options: PerfOptions, now: PerfSettings = defaults): PerfSettings {
  const pages = options.pages ?? now.pages;
  const wakeupEvents = options.wakeupEvents ?? now.wakeupEvents;
  // Whoever asks for a number of events means that and not the bytes of an earlier call.
  const before = options.wakeupEvents === undefined ? now.wakeupWatermark : 0;
  const wakeupWatermark = options.wakeupWatermark ?? before;
  const order = options.order ?? now.order;
  if (!Number.isInteger(pages) || pages < 1 || pages > mostPages || !Number.isInteger(Math.log2(pages)))
    throw new RangeError(`${what}: pages takes a power of two from 1 to ${mostPages}, not ${show(pages)}`);
  checkInteger(what, "wakeupEvents", wakeupEvents, 1);
  checkInteger(what, "wakeupWatermark", wakeupWatermark, 0);
  // From JavaScript anything may come.
  if (!["cpu", "time"].includes(order)) throw new TypeError(`${what}: order takes "cpu" or "time", not ${show(order)}`);
  return { pages, wakeupEvents, wakeupWatermark, order, timed: order === "time" };
}

/** Whether rings do for what is wanted. */
export function sameRings(wanted: PerfRingSettings, made: PerfRingSettings): boolean {
  return (
    wanted.pages === made.pages &&
    wanted.wakeupEvents === made.wakeupEvents &&
    wanted.wakeupWatermark === made.wakeupWatermark &&
    (made.timed || !wanted.timed)
  );
}

function checkInteger(what: string, name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= 0x7fff_ffff) return;
  throw new RangeError(`${what}: ${name} takes an integer from ${least} to 2147483647, not ${show(value)}`);
}
