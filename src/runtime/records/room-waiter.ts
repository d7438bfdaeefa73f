import type { Fd } from "../sys/fd.ts";
import { Poller } from "../sys/poll.ts";

/** A ring with any room at all is writable: when that is too little, it is looked at again after so long. */
const MILLISECONDS = 1;

/** Waits until a program has made enough room in a user ring buffer. */
export class RoomWaiter {
  readonly #poller: Poller;
  readonly #hasRoom: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #settle: (() => void) | undefined;

  constructor(fd: Fd, hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
    this.#poller = new Poller(
      fd,
      () => {
        this.#look();
      },
      "writable",
    );
  }

  /**
   * Resolves when there is room, when {@link RoomWaiter.end} is called, and after `timeout` milliseconds, to the
   * milliseconds that it took. Rejects with the signal's reason.
   */
  async wait(timeout: number | undefined, signal: AbortSignal | undefined): Promise<number> {
    const started = performance.now();
    const settled = new Promise<void>((resolve) => {
      this.#settle = resolve;
    });
    const onAbort = (): void => {
      this.end();
    };
    const limit = timeout === undefined ? undefined : setTimeout(onAbort, timeout);
    signal?.addEventListener("abort", onAbort);
    try {
      this.#poller.start();
      await settled;
    } finally {
      clearTimeout(limit);
      clearTimeout(this.#timer);
      this.#poller.close();
      signal?.removeEventListener("abort", onAbort);
    }
    signal?.throwIfAborted();
    return Math.round(performance.now() - started);
  }

  /** Ends the waiting, whether there is room or not. */
  end(): void {
    this.#settle?.();
  }

  #look(): void {
    if (this.#hasRoom()) {
      this.end();
      return;
    }
    this.#poller.stop();
    this.#timer = setTimeout(() => {
      this.#poller.start();
    }, MILLISECONDS);
  }
}
