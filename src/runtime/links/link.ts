import type { Fd } from "../sys/fd.ts";

/** A program that the kernel runs at some event. It does so until the link is closed, or the process ends. */
export class Link {
  /** What is attached to what, for messages: `program "handle_execve" at tracepoint syscalls/sys_enter_execve`. */
  readonly what: string;
  readonly #fd: Fd;

  /** Takes over `fd`: the program is attached for as long as it is open. */
  constructor(what: string, fd: Fd) {
    this.what = what;
    this.#fd = fd;
  }

  /**
   * The number of the descriptor that keeps the program attached: a BPF link, or on old kernels a perf event. It stays
   * the link's. Throws a `CoreGenError` with code `closed` after `detach`.
   */
  get fd(): number {
    return this.#fd.number;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** Detaches the program; a second call does nothing. The program stays loaded, and can be attached again. */
  detach(): void {
    this.#fd.close();
  }

  /** The same as {@link detach}. */
  close(): void {
    this.detach();
  }

  [Symbol.dispose](): void {
    this.detach();
  }
}
