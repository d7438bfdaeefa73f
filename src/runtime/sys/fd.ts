import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { libc } from "./libc.ts";

const F_DUPFD_CLOEXEC = 1030;
/** Not one of the standard streams', even where these are closed. */
const FIRST_OF_OURS = 3;

/** A descriptor that is open. */
export interface OpenDescriptor {
  readonly number: number;
  readonly what: string;
  /** Where it was opened; only with the environment variable CORE_GEN_TRACE_FDS=1. */
  readonly stack: string | undefined;
}

const open = new Map<number, OpenDescriptor>();

/** The descriptors that core-gen has opened in this thread and not closed yet, oldest first. For tests. */
export function openDescriptors(): readonly OpenDescriptor[] {
  return [...open.values()];
}

/** One file descriptor of the kernel's, owned by whoever made this object. */
export class Fd {
  /** Named in errors: `map "events"`. */
  readonly what: string;
  #number: number;
  #missing: (() => CoreGenError) | undefined;

  /** Takes over a descriptor of somebody else's: another number for the same thing, not passed on to child processes. */
  static duplicate(number: number, what: string): Fd {
    const result = libc().fcntl(number, F_DUPFD_CLOEXEC, FIRST_OF_OURS);
    if (result >= 0) return new Fd(result, what);
    throw new KernelError({ doing: `using the descriptor ${number} as ${what}`, syscall: "fcntl", errno: -result });
  }

  /** Stands for a descriptor that there is not: asking for its number throws `why`. */
  static missing(what: string, why: () => CoreGenError): Fd {
    const fd = new Fd(-1, what);
    fd.#missing = why;
    return fd;
  }

  /** Takes over an open descriptor. */
  constructor(number: number, what: string) {
    this.#number = number;
    this.what = what;
    if (number < 0) return;
    const stack = process.env["CORE_GEN_TRACE_FDS"] === "1" ? new Error(`opened: ${what}`).stack : undefined;
    open.set(number, { number, what, stack });
  }

  /** The descriptor's number. Throws a `CoreGenError` with code `closed` after `close`. */
  get number(): number {
    if (this.#number < 0) {
      if (this.#missing !== undefined) throw this.#missing();
      throw new CoreGenError("closed", `${this.what} is closed`, {
        hints: [
          "A skeleton's maps, programs and links can't be used after its close(), or after the end of its `using` block.",
        ],
      });
    }
    return this.#number;
  }

  get closed(): boolean {
    return this.#number < 0;
  }

  /** Closes the descriptor; a second call does nothing. */
  close(): void {
    if (this.#number < 0) return;
    const number = this.#number;
    this.#number = -1;
    open.delete(number);
    // Whatever close() says, Linux has released the descriptor: there is nothing to retry or to report.
    libc().close(number);
  }

  /** Leaves the descriptor open, until the process ends: it is nobody's any more. */
  abandon(): void {
    open.delete(this.#number);
    this.#number = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
