import { CoreGenError } from "../../errors.ts";
import { hasFeature } from "../kernel/features.ts";
import { hasProbePmu, probePmu } from "../kernel/probe-pmu.ts";
import { addProbeEvent, tracefsHasProbes, type ProbeEvent } from "../kernel/tracefs-probes.ts";
import type { Fd } from "../sys/fd.ts";
import { openPerfEvent, PERF_TYPE_TRACEPOINT } from "../sys/perf.ts";
import { Link } from "./link.ts";
import { attachToPerfEvent, tieToPerfEvent } from "./perf-event-link.ts";
import { forgetAtExit, undoAtExit } from "./undo-at-exit.ts";

/**
 * How a probe is set (libbpf: `enum probe_attach_mode`):
 *
 * - "link": a BPF link on a perf event, Linux 5.15.
 * - "perf": a perf event without a BPF link, Linux 4.17.
 * - "legacy": an event in tracefs, on every kernel. Detaching removes it, and so does the end of the process by itself or by
 *   SIGINT, SIGTERM or SIGHUP. After SIGKILL or a crash the event stays and does nothing: `core_gen_…` in
 *   /sys/kernel/tracing/kprobe_events or uprobe_events.
 *
 * Left out, it is the first of them that the kernel has.
 */
export type ProbeMode = "perf" | "link" | "legacy";

/** A place in the kernel or in an executable. */
export interface Probe {
  readonly kind: "kprobe" | "uprobe";
  /** The function of the kernel, or the path of the executable. */
  readonly probed: string;
  /** In bytes: from the start of the function, or of the file. */
  readonly offset: bigint;
  /** Whether it is the function's return. */
  readonly atReturn: boolean;
  /** Which process; -1: all. */
  readonly pid?: number;
  /** Where the semaphore is in the file that the kernel counts up while the probe is set; 0: none. */
  readonly refCtrOffset?: bigint;
  readonly cookie?: bigint | undefined;
  readonly mode?: ProbeMode | undefined;
}

/**
 * Runs a program at a probe (libbpf: `bpf_program__attach_kprobe_opts`, `bpf_program__attach_uprobe_opts`). `place` names
 * the probe in errors, `what` the program as well.
 *
 * Throws a `CoreGenError` with code `unsupported` when the kernel doesn't have what `mode` asks for.
 */
export function attachToProbe(program: Fd, probe: Probe, place: string, what: string): Link {
  const { cookie, mode } = probe;
  if (mode === "legacy" || (mode === undefined && isLegacyOnly(probe))) {
    return attachThroughTracefs(program, probe, place, what);
  }
  if (mode === "link" && !hasFeature("perf-link")) throw noLinks(what);
  return attachToPerfEvent(program, openProbe(probe, place), what, { cookie, withoutLink: mode === "perf" });
}

/** A kernel without either has no such probes at all, which the one that is asked first says. */
function isLegacyOnly({ kind }: Probe): boolean {
  return !hasProbePmu(kind) && tracefsHasProbes(kind);
}

function noLinks(what: string): CoreGenError {
  return new CoreGenError("unsupported", `attaching ${what}: this kernel has no BPF links for probes, Linux 5.15 has`, {
    hints: ['Leave out `mode`, or ask for "perf".'],
  });
}

function openProbe({ kind, probed, offset, atReturn, pid = -1, refCtrOffset = 0n }: Probe, place: string): Fd {
  const { type, returnBit } = probePmu(kind);
  const config = (refCtrOffset << REF_CTR_SHIFT) | (atReturn ? 1n << BigInt(returnBit) : 0n);
  return openPerfEvent({ type, config, probed, probeOffset: offset }, pid, anyCpu(pid), place);
}

/** PERF_UPROBE_REF_CTR_OFFSET_SHIFT. */
const REF_CTR_SHIFT = 32n;

/** For all processes perf wants to know a CPU, which does not matter: the program runs on every one. */
function anyCpu(pid: number): number {
  return pid === -1 ? 0 : -1;
}

function attachThroughTracefs(program: Fd, probe: Probe, place: string, what: string): Link {
  const { pid = -1, cookie, mode } = probe;
  const event = addProbeEvent(probe, place);
  try {
    const opened = openPerfEvent({ type: PERF_TYPE_TRACEPOINT, config: event.id }, pid, anyCpu(pid), place);
    const fd = tieToPerfEvent(program, opened, what, { cookie, withoutLink: mode === "legacy" });
    return new TracefsProbeLink(what, fd, event);
  } catch (error) {
    event.remove();
    throw error;
  }
}

/** A probe that is an event in tracefs, which is removed at the latest when the process ends by itself or by a signal. */
class TracefsProbeLink extends Link {
  readonly #event: ProbeEvent;

  constructor(what: string, fd: Fd, event: ProbeEvent) {
    super(what, fd);
    this.#event = event;
    undoAtExit(this);
  }

  override disconnect(): void {
    super.disconnect();
    forgetAtExit(this);
  }

  /** An event that something listens to, a pin for one, can't be removed: the descriptor is closed first. */
  protected override undo(): void {
    forgetAtExit(this);
    super.undo();
    if (this.pinPath === undefined) this.#event.remove();
  }
}
