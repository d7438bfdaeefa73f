import { existsSync, readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";

/** How perf_event_open() is asked for a probe of one of the two kinds. */
export interface ProbePmu {
  /** `perf_event_attr.type`. */
  readonly type: number;
  /** The bit of `config` that asks for the function's return. */
  readonly returnBit: number;
}

export type ProbeKind = "kprobe" | "uprobe";

/** Whether the running kernel sets probes through perf_event_open(), since Linux 4.17. */
export function hasProbePmu(kind: ProbeKind): boolean {
  return existsSync(`${folderOf(kind)}/type`);
}

/**
 * What the running kernel has for dynamic probes, since Linux 4.17 (libbpf: `determine_kprobe_perf_type`).
 *
 * Throws a `CoreGenError` with code `kernel` where it has none.
 */
export function probePmu(kind: ProbeKind): ProbePmu {
  const folder = folderOf(kind);
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

function folderOf(kind: ProbeKind): string {
  return `/sys/bus/event_source/devices/${kind}`;
}

const alternatives: Readonly<Record<ProbeKind, readonly string[]>> = {
  kprobe: ['Tracepoints work without them: SEC("tp/…"), SEC("raw_tp/…").'],
  uprobe: [],
};
