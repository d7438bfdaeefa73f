import { readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";

/** How perf_event_open() is asked for a probe of one of the two kinds. */
export interface ProbePmu {
  /** `perf_event_attr.type`. */
  readonly type: number;
  /** The bit of `config` that asks for the function's return. */
  readonly returnBit: number;
}

/**
 * What the running kernel has for dynamic probes, since Linux 4.17 (libbpf: `determine_kprobe_perf_type`).
 *
 * Throws a `CoreGenError` with code `kernel` where it has none.
 */
export function probePmu(kind: "kprobe" | "uprobe"): ProbePmu {
  const folder = `/sys/bus/event_source/devices/${kind}`;
  try {
    const type = Number.parseInt(readFileSync(`${folder}/type`, "utf8"), 10);
    // "config:0\n"
    const returnBit = Number.parseInt(readFileSync(`${folder}/format/retprobe`, "utf8").replace("config:", ""), 10);
    return { type, returnBit };
  } catch (cause) {
    throw new CoreGenError("kernel", `reading ${folder}: this kernel has no ${kind}s, or /sys is not mounted`, {
      cause,
      hints: [`It needs CONFIG_${kind.toUpperCase()}S and CONFIG_PERF_EVENTS.`, ...alternatives[kind]],
    });
  }
}

const alternatives: Readonly<Record<"kprobe" | "uprobe", readonly string[]>> = {
  kprobe: ['Tracepoints work without them: SEC("tp/…"), SEC("raw_tp/…").'],
  uprobe: [],
};
