import { CoreGenError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { printExcerpt, type LogLine } from "./load/annotate-log.ts";
import { verifierStatistics, type VerifierStatistics } from "./load/verifier-statistics.ts";
import { EACCES, EPERM, errnoMeaning, errnoName } from "./sys/errno.ts";

/** The facts of a {@link KernelError}. */
export interface KernelFailure extends ErrorDetails {
  /** What was being done, to what: `creating map "events"`. */
  readonly doing: string;
  /** The system call: `bpf`, `mmap`. */
  readonly syscall: string;
  /** Which of the system call's commands: `BPF_MAP_CREATE`. */
  readonly command?: string;
  readonly errno: number;
  /** What the error number means for this call; its general meaning when this is left out. */
  readonly meaning?: string | undefined;
}

/** A system call that the kernel refused; `code` is `permission` for EPERM and EACCES, else `kernel`. */
export class KernelError extends CoreGenError {
  override readonly name: string = "KernelError";
  readonly syscall: string;
  readonly command: string | undefined;
  /** Linux's error number, positive. */
  readonly errno: number;
  /** Its name: `EPERM`. */
  readonly errnoName: string;

  constructor(failure: KernelFailure, code: ErrorCode = codeOf(failure.errno)) {
    super(code, `${failure.doing}: ${describeFailure(failure)}`, failure);
    this.syscall = failure.syscall;
    this.command = failure.command;
    this.errno = failure.errno;
    this.errnoName = errnoName(failure.errno);
  }
}

/** The facts of a {@link VerifierError}. */
export interface VerifierFailure extends KernelFailure {
  /** The program's C name. */
  readonly program: string;
  /** The kernel's log, line by line. */
  readonly log: readonly string[];
  /** The same, and the line of C of each instruction. */
  readonly lines: readonly LogLine[];
  /** Whether the log's end is missing, because it is larger than the kernel lets it be. */
  readonly truncated: boolean;
}

/**
 * A program that the kernel's verifier refused.
 *
 * The message has the line of the log that says why; `log` has all of it.
 */
export class VerifierError extends KernelError {
  override readonly name: string = "VerifierError";
  /** The program's C name. */
  readonly program: string;
  /** Everything the verifier said, line by line. */
  readonly log: readonly string[];
  /** Whether the log's end is missing, because it is larger than the kernel lets it be. */
  readonly truncated: boolean;
  readonly #lines: readonly LogLine[];

  constructor(failure: VerifierFailure) {
    super(failure, "verifier");
    this.program = failure.program;
    this.log = failure.log;
    this.truncated = failure.truncated;
    this.#lines = failure.lines;
  }

  /** The log with the line of C beside each instruction, from the object's own line info. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** What the verifier counted until it gave up; undefined when it did not get as far. */
  get statistics(): VerifierStatistics | undefined {
    return verifierStatistics(this.log);
  }

  /** The last `count` instructions that the verifier looked at, below the lines of C that they come from, and its reason. */
  excerpt(count = 10): string {
    return printExcerpt(this.#lines, count);
  }
}

function codeOf(errno: number): ErrorCode {
  return errno === EPERM || errno === EACCES ? "permission" : "kernel";
}

function describeFailure(failure: KernelFailure): string {
  const call = failure.command === undefined ? failure.syscall : `${failure.syscall}(${failure.command})`;
  return `${call} failed with ${errnoName(failure.errno)}: ${failure.meaning ?? errnoMeaning(failure.errno)}`;
}

/** One attribute in which two maps differ, by its name in `union bpf_attr`. */
export interface MapDifference {
  readonly attribute: string;
  /** What the object, with the changes that were made to it, says. */
  readonly wanted: string | number;
  /** What the map has. */
  readonly found: string | number;
}

/** A map that was to be used in the place of a new one and is not like it; `code` is `incompatible-map`. */
export class IncompatibleMapError extends CoreGenError {
  override readonly name: string = "IncompatibleMapError";
  readonly differences: readonly MapDifference[];

  constructor(facts: {
    readonly what: string;
    readonly where: string;
    readonly differences: readonly MapDifference[];
  }) {
    const { what, where, differences } = facts;
    const list = differences
      .map(({ attribute, wanted, found }) => `${attribute} is ${found}, not ${wanted}`)
      .join("; ");
    super("incompatible-map", `using ${where} as ${what}: ${list}`, {
      hints: [
        "If the map is from an older version of the program, remove its pin; programs that use it keep it until they are gone.",
        "Or set these attributes before loading, so that both are alike.",
      ],
    });
    this.differences = differences;
  }
}

/** A buffer that a program empties had no room; `code` is `buffer-full`. */
export class BufferFullError extends CoreGenError {
  override readonly name: string = "BufferFullError";
  /** What was to be put in takes up so many bytes. */
  readonly needed: number;
  /** So many were free. */
  readonly free: number;

  readonly #what: string;

  /** `waited` is in milliseconds. */
  constructor(what: string, needed: number, free: number, waited?: number) {
    const when = waited === undefined ? "" : ` after ${waited} ms`;
    super("buffer-full", `${what}: ${free} bytes are free${when}, and ${needed} are needed`, {
      hints: ["It is emptied by a program that calls bpf_user_ringbuf_drain(): does it run, and often enough?"],
    });
    this.#what = what;
    this.needed = needed;
    this.free = free;
  }

  /** The same after waiting for room. */
  after(waited: number): BufferFullError {
    return new BufferFullError(this.#what, this.needed, this.free, waited);
  }
}
