import { CoreGenError } from "../../errors.ts";
import { CloseStack } from "../close-stack.ts";
import { KernelError } from "../errors.ts";
import { onlineCpus } from "../kernel/cpus.ts";
import type { LoadedProgram } from "../load/types.ts";
import { ENODEV } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { openPerfEvent, type PerfEventAttr } from "../sys/perf.ts";
import { Link } from "./link.ts";
import { attachToPerfEvent, tieToPerfEvent } from "./perf-event-link.ts";
import { describeEvent, type PerfEventChoice } from "./perf-event-names.ts";
import { readPid } from "./probe-options.ts";

/** Which event, how often, where; or an event that is open already. */
export type PerfEventOptions = PerfEventsToOpen | OpenPerfEvent;

/** Events that are opened here, one on each CPU. */
export type PerfEventsToOpen = PerfEventChoice &
  HowOften & {
    /** The numbers of the CPUs; left out, all that are running now. */
    readonly cpus?: readonly number[] | undefined;
    /** Only while this thread runs, on whatever CPU; 0: the main thread of this process. Left out, all of them. */
    readonly pid?: number | undefined;
    /** What `bpf_get_attach_cookie` returns at this event; needs Linux 5.15. */
    readonly cookie?: bigint | undefined;
    readonly fd?: undefined;
  };

/** One of the two. */
export type HowOften =
  | {
      /** The program runs once in so many events: of "cpu-clock" and "task-clock" nanoseconds. */
      readonly samplePeriod: number | bigint;
      readonly frequency?: undefined;
    }
  | {
      /** The program runs about so many times a second; at most kernel.perf_event_max_sample_rate. */
      readonly frequency: number;
      readonly samplePeriod?: undefined;
    };

/** An event that the app has opened. */
export interface OpenPerfEvent {
  /** The descriptor's number, which stays the app's. */
  readonly fd: number;
  /** What `bpf_get_attach_cookie` returns at this event; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
}

/**
 * Attaches a program to perf events (libbpf: `bpf_program__attach_perf_event_opts`, which takes an open one).
 *
 * Throws a `CoreGenError`: `bad-input` for options that are no event, a `KernelError` for an event that the machine doesn't have.
 */
export function attachPerfEvent(loaded: LoadedProgram, options: PerfEventOptions): Link {
  const { program, fd } = loaded;
  const { cookie } = options;
  const doing = `attaching program "${program.name}"`;
  if (options.fd !== undefined) {
    const what = `program "${program.name}" at perf event ${options.fd}`;
    return attachToPerfEvent(fd, Fd.duplicate(options.fd, `perf event ${options.fd}`), what, { cookie });
  }
  const { attr, name } = describeEvent(options, doing);
  const sampled = { ...attr, ...howOften(options, doing) };
  const [first, ...others] = tieOnEachCpu(loaded, sampled, options, name);
  if (first === undefined) throw new CoreGenError("bad-input", `${doing}: there is no CPU in the list`);
  return new PerfEventsLink(`program "${program.name}" at perf event ${name}`, first, others);
}

function tieOnEachCpu(
  { program, fd }: LoadedProgram,
  attr: PerfEventAttr,
  options: PerfEventsToOpen,
  name: string,
): Fd[] {
  const pid = readPid(options.pid, `attaching program "${program.name}"`);
  const ties = new CloseStack();
  const tied: Fd[] = [];
  try {
    for (const cpu of options.cpus ?? (pid === -1 ? onlineCpus() : [-1])) {
      const place = `perf event ${cpu === -1 ? name : `${name} on CPU ${cpu}`}`;
      const event = openUnlessOffline(attr, pid, cpu, place, options.cpus !== undefined);
      if (event === undefined) continue;
      const tie = tieToPerfEvent(fd, event, `program "${program.name}" at ${place}`, { cookie: options.cookie });
      tied.push(ties.add(tie));
    }
    return tied;
  } catch (error) {
    ties.close();
    throw error;
  }
}

function howOften(
  { samplePeriod, frequency }: HowOften,
  doing: string,
): Pick<PerfEventAttr, "samplePeriod" | "frequency"> {
  const given = [samplePeriod, frequency].filter((one) => one !== undefined);
  const [value = 0] = given;
  const isWhole = typeof value !== "number" || Number.isSafeInteger(value);
  if (given.length === 1 && isWhole && value > 0) return samplePeriod === undefined ? { frequency } : { samplePeriod };
  throw new CoreGenError(
    "bad-input",
    `${doing}: it takes one of "samplePeriod" and "frequency", a whole number above 0`,
  );
}

/** A CPU may have gone since it was listed; one that the app names has to be there. */
function openUnlessOffline(
  attr: PerfEventAttr,
  pid: number,
  cpu: number,
  what: string,
  isNamed: boolean,
): Fd | undefined {
  try {
    return openPerfEvent(attr, pid, cpu, what);
  } catch (error) {
    if (error instanceof KernelError && error.errno === ENODEV && !isNamed) return undefined;
    throw error;
  }
}

/** One link that holds a program at perf events of several CPUs; `fd`, and what `info` says, is that of the first. */
class PerfEventsLink extends Link {
  readonly #others: readonly Fd[];

  constructor(what: string, first: Fd, others: readonly Fd[]) {
    super(what, first);
    this.#others = others;
  }

  /** A pin has one link, and there is one for each CPU. */
  override pin(path: string): void {
    if (this.#others.length === 0) super.pin(path);
    else {
      throw new CoreGenError("unsupported", `pinning the link of ${this.what} at ${path}: it has one for each CPU`, {
        hints: ["Attach to each CPU by itself, { cpus: [0] }, and pin those links."],
      });
    }
  }

  protected override undo(): void {
    super.undo();
    for (const other of this.#others) other.close();
  }

  protected override leave(): void {
    super.leave();
    for (const other of this.#others) other.abandon();
  }
}
