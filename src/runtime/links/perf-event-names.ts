import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import {
  PERF_TYPE_BREAKPOINT,
  PERF_TYPE_HARDWARE,
  PERF_TYPE_HW_CACHE,
  PERF_TYPE_RAW,
  PERF_TYPE_SOFTWARE,
  type PerfEventAttr,
} from "../sys/perf.ts";

/** `PERF_COUNT_SW_*` by perf's names: the index is the number. */
const softwareEvents = [
  "cpu-clock",
  "task-clock",
  "page-faults",
  "context-switches",
  "cpu-migrations",
  "minor-faults",
  "major-faults",
  "alignment-faults",
  "emulation-faults",
  "dummy",
  "bpf-output",
  "cgroup-switches",
] as const;

/** `PERF_COUNT_HW_*` by perf's names: the index is the number. */
const hardwareEvents = [
  "cpu-cycles",
  "instructions",
  "cache-references",
  "cache-misses",
  "branch-instructions",
  "branch-misses",
  "bus-cycles",
  "stalled-cycles-frontend",
  "stalled-cycles-backend",
  "ref-cycles",
] as const;

/** `PERF_COUNT_HW_CACHE_*` by perf's names: the index is the number. */
const caches = ["L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"] as const;

/** What is counted of a cache, as PERF_COUNT_HW_CACHE_OP_* and PERF_COUNT_HW_CACHE_RESULT_* in the second and third byte. */
const accesses = {
  loads: 0x0_00_00,
  "load-misses": 0x1_00_00,
  stores: 0x0_01_00,
  "store-misses": 0x1_01_00,
  prefetches: 0x0_02_00,
  "prefetch-misses": 0x1_02_00,
} as const;

/** `HW_BREAKPOINT_*`. */
const breakpointKinds = { write: 2, "read-write": 3, execute: 4 } as const;

/** Events that the kernel counts itself: every machine has them. */
export type SoftwareEvent = (typeof softwareEvents)[number];
/** Events that the CPU counts; virtual machines often have none. */
export type HardwareEvent = (typeof hardwareEvents)[number];
/** What a CPU counts of its caches: "L1-dcache-load-misses". */
export type CacheEvent = `${(typeof caches)[number]}-${keyof typeof accesses}`;

/** Which event, in the words of perf_event_open(2). */
export type PerfEventChoice =
  | { readonly type: "software"; readonly event: SoftwareEvent }
  | { readonly type: "hardware"; readonly event: HardwareEvent }
  | { readonly type: "cache"; readonly event: CacheEvent }
  | {
      readonly type: "raw";
      /** The CPU's own number of it, `perf_event_attr.config`: 0x1a8 for perf's "r1a8". */
      readonly event: number | bigint;
    }
  | {
      readonly type: "breakpoint";
      /** What happens at the address. */
      readonly event: keyof typeof breakpointKinds;
      /** In the kernel, or with `pid` in that process. */
      readonly address: bigint;
      /** In bytes: 1, 2, 4 or 8; of "execute" always 8. */
      readonly length?: 1 | 2 | 4 | 8 | undefined;
    };

/** The event as perf_event_open() wants it, and its name for messages. Throws a `CoreGenError` with code `bad-input`. */
export function describeEvent(
  choice: PerfEventChoice,
  doing: string,
): { readonly attr: Pick<PerfEventAttr, "type" | "config" | "breakpoint">; readonly name: string } {
  const name = String(choice.event);
  switch (choice.type) {
    case "software":
      return { attr: { type: PERF_TYPE_SOFTWARE, config: numberOf(choice.event, softwareEvents, doing) }, name };
    case "hardware":
      return { attr: { type: PERF_TYPE_HARDWARE, config: numberOf(choice.event, hardwareEvents, doing) }, name };
    case "cache":
      return { attr: { type: PERF_TYPE_HW_CACHE, config: cacheNumber(choice.event, doing) }, name };
    case "raw":
      return { attr: { type: PERF_TYPE_RAW, config: choice.event }, name: `r${choice.event.toString(16)}` };
    case "breakpoint": {
      const { event, address, length = 8 } = choice;
      const kind = breakpointKinds[event];
      const breakpoint = { kind, address, length: BigInt(event === "execute" ? 8 : length) };
      return {
        attr: { type: PERF_TYPE_BREAKPOINT, config: 0, breakpoint },
        name: `${event} at 0x${address.toString(16)}`,
      };
    }
    default:
      throw unknownEvent(String((choice as { readonly type: unknown }).type), "type", types, doing);
  }
}

const types = ["software", "hardware", "cache", "raw", "breakpoint"];

function numberOf(event: string, names: readonly string[], doing: string): number {
  const number = names.indexOf(event);
  if (number >= 0) return number;
  throw unknownEvent(event, "event", names, doing);
}

function cacheNumber(event: CacheEvent, doing: string): number {
  const names = caches.flatMap((cache) => Object.keys(accesses).map((access) => `${cache}-${access}`));
  const at = numberOf(event, names, doing);
  const perCache = Object.values(accesses);
  return Math.floor(at / perCache.length) | (perCache[at % perCache.length] ?? 0);
}

function unknownEvent(name: string, word: string, names: readonly string[], doing: string): CoreGenError {
  const near = nearNames(name, names);
  return new CoreGenError("bad-input", `${doing}: "${name}" is no ${word} of perf`, {
    hints: [`${near.length > 0 ? "Near it" : "There are"}: ${(near.length > 0 ? near : names).join(", ")}.`],
  });
}
