import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import type { ProbeKind } from "./probe-pmu.ts";
import { withTracefs } from "./tracefs.ts";

/** What an event in tracefs is made of. */
export interface ProbeEventPlace {
  readonly kind: ProbeKind;
  /** The function of the kernel, or the path of the executable. */
  readonly probed: string;
  /** In bytes. */
  readonly offset: bigint;
  readonly atReturn: boolean;
  readonly refCtrOffset?: bigint;
}

/** An event that was added to tracefs. */
export interface ProbeEvent {
  /** What perf_event_open() knows it by. */
  readonly id: number;
  /** Takes it out of tracefs again; nothing may listen to it any more. */
  remove(): void;
}

/** Whether tracefs takes probes of this kind. */
export function tracefsHasProbes(kind: ProbeKind): boolean {
  try {
    return withTracefs((root) => existsSync(`${root}/${kind}_events`));
  } catch (error) {
    if (isCoreGenError(error)) return false;
    throw error;
  }
}

/**
 * Adds a probe to tracefs under a name that only this process gives (libbpf: `add_kprobe_event_legacy`,
 * `add_uprobe_event_legacy`). `what` names it in errors. Throws a `KernelError` with the kernel's errno.
 */
export function addProbeEvent(place: ProbeEventPlace, what: string): ProbeEvent {
  const { kind, atReturn } = place;
  const address = describePlace(place, what);
  const name = `${atReturn ? kind.replace("probe", "retprobe") : kind}s/${freshName(place)}`;
  return withTracefs((root) => {
    if (!existsSync(`${root}/${kind}_events`)) throw noSuchEvents(kind, what);
    write(`${root}/${kind}_events`, `${atReturn ? "r" : "p"}:${name} ${address}`, what);
    const remove = (): void => {
      withTracefs((again) => {
        write(`${again}/${kind}_events`, `-:${name}`, what);
      });
    };
    try {
      return { id: Number.parseInt(readFileSync(`${root}/events/${name}/id`, "utf8"), 10), remove };
    } catch (cause) {
      remove();
      throw new CoreGenError("kernel", `reading the number of the event ${name}`, { cause });
    }
  });
}

function noSuchEvents(kind: ProbeKind, what: string): CoreGenError {
  return new CoreGenError("unsupported", `adding ${what} to tracefs: this kernel has no ${kind}s there`, {
    hints: [`It needs CONFIG_${kind.toUpperCase()}_EVENTS.`],
  });
}

/** Words of a command end at white space: what has some in its name can't be said, and must not become another command. */
function describePlace({ kind, probed, offset, refCtrOffset = 0n }: ProbeEventPlace, what: string): string {
  if (/[\s\0]/u.test(probed))
    throw new CoreGenError("unsupported", `${what}: tracefs takes no names with white space, and this one has some`);
  const at = `0x${offset.toString(16)}`;
  if (kind === "kprobe") return `${probed}+${at}`;
  return `${probed}:${at}${refCtrOffset === 0n ? "" : `(0x${refCtrOffset.toString(16)})`}`;
}

/** MAX_EVENT_NAME_LEN of the kernel, with the NUL. */
const LONGEST_NAME = 64;
let events = 0;

/** Threads of one process share its number, not this module. */
function freshName({ probed, offset }: ProbeEventPlace): string {
  const readable = `${probed.slice(probed.lastIndexOf("/") + 1)}_0x${offset.toString(16)}`;
  const name = `core_gen_${process.pid}_${threadId}_${events++}_${readable}`;
  return name.replaceAll(/[^A-Za-z0-9_]/gu, "_").slice(0, LONGEST_NAME - 1);
}

/** One write for the whole command, at the end of the list: truncating it would remove the probes of everybody. */
function write(file: string, command: string, what: string): void {
  try {
    const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeSync(fd, command);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !("errno" in cause) || typeof cause.errno !== "number") throw cause;
    const { syscall } = cause as NodeJS.ErrnoException;
    throw new KernelError({
      doing: `${command.startsWith("-") ? "removing" : "adding"} ${what} in ${file}`,
      syscall: syscall ?? "write",
      errno: -cause.errno,
      cause,
    });
  }
}
