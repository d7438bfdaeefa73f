import { read, readSync } from "node:fs";
import { CoreGenError } from "../../../errors.ts";
import { KernelError } from "../../errors.ts";
import { Attr, BPF_ITER_CREATE, bpfOrThrow } from "../../sys/bpf.ts";
import { E2BIG, EAGAIN } from "../../sys/errno.ts";
import { Fd } from "../../sys/fd.ts";

const CHUNK_SIZE = 65_536;

/**
 * One pass of an iterator: a file that the kernel fills by running the program. Reading again after its end gives nothing.
 *
 * Closing it while an asynchronous read is under way lets that come to its end first: its descriptor's number could
 * otherwise be somebody else's by the time that the thread that reads uses it.
 */
export class IterationReader {
  readonly #fd: Fd;
  readonly #what: string;
  readonly #onClose: () => void;
  #reading = false;
  #closed = false;

  /** Begins a new pass of the link with this descriptor. Throws a `KernelError`. */
  constructor(link: number, what: string, onClose: () => void) {
    const number = bpfOrThrow(BPF_ITER_CREATE, new Attr(8).u32(0, link), `reading ${what}`);
    this.#fd = new Fd(number, `an iteration of ${what}`);
    this.#what = what;
    this.#onClose = onClose;
  }

  /** The next bytes, none at the end. Waits in the kernel. Throws a `KernelError`, or a `CoreGenError` with code `closed`. */
  read(): Uint8Array {
    this.#checkOpen();
    const buffer = new Uint8Array(CHUNK_SIZE);
    for (;;) {
      try {
        return buffer.subarray(0, readSync(this.#fd.number, buffer));
      } catch (error) {
        this.#throwUnlessAgain(error);
      }
    }
  }

  /** The same on a thread of Node's, while the process goes on. */
  async readLater(): Promise<Uint8Array> {
    this.#checkOpen();
    const buffer = new Uint8Array(CHUNK_SIZE);
    this.#reading = true;
    try {
      for (;;) {
        const result = await this.#readOnce(buffer);
        this.#checkOpen();
        if (typeof result === "number") return buffer.subarray(0, result);
        this.#throwUnlessAgain(result);
      }
    } finally {
      this.#reading = false;
      if (this.#closed) this.#fd.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#reading) this.#fd.close();
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #readOnce(buffer: Uint8Array): Promise<number | Error> {
    return new Promise((resolve) => {
      read(this.#fd.number, buffer, (error, count) => {
        resolve(error ?? count);
      });
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw new CoreGenError("closed", `reading ${this.#what}: it was detached meanwhile`);
  }

  /** The kernel gives up with EAGAIN after a million things for which the program wrote nothing, to be asked again. */
  #throwUnlessAgain(error: unknown): void {
    if (!(error instanceof Error && "errno" in error && typeof error.errno === "number")) throw error;
    const errno = -error.errno;
    if (errno === EAGAIN) return;
    const meaning =
      errno === E2BIG ? "for one thing the program writes more than fits into the kernel's buffer" : undefined;
    throw new KernelError({ doing: `reading ${this.#what}`, syscall: "read", errno, meaning, cause: error });
  }
}
