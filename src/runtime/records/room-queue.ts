import { BufferFullError } from "../errors.ts";
import type { Fd } from "../sys/fd.ts";
import { Poller } from "../sys/poll.ts";

/** 2^31 - 1 milliseconds: 24 days. */
const LONGEST_TIMER = 0x7fff_ffff;

/** A ring with any room at all is writable: when that is too little, it is looked at again after so long. */
const MILLISECONDS = 1;

/** Somebody who waits for room. */
interface Waiting {
  /** Whether it is over, with room or with an error. */
  attempt(): boolean;
}

/** How long to wait for room. */
export interface Patience {
  /** In milliseconds; for as long as it takes when this is left out. */
  readonly timeout?: number | undefined;
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Those who wait until a program has made room in a user ring buffer, in the order in which they came. */
export class RoomQueue {
  /** One for all: a descriptor can be watched once in an event loop. */
  readonly #poller: Poller;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: Fd) {
    this.#poller = new Poller(
      fd,
      () => {
        this.#look();
      },
      "writable",
    );
  }

  /**
   * Resolves to what `action` returns once it does not throw a {@link BufferFullError}. Rejects with that one after
   * `timeout`, with the signal's reason, and with everything else that `action` throws.
   */
  wait<R>(action: () => R, { timeout, signal }: Patience): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      signal?.throwIfAborted();
      const started = performance.now();
      const end = (settle: () => void): true => {
        this.#waiting.delete(waiting);
        clearTimeout(limit);
        signal?.removeEventListener("abort", onAbort);
        this.#restWhenNobodyWaits();
        settle();
        return true;
      };
      const tryOnce = (isLast: boolean): boolean => {
        try {
          const result = action();
          return end(() => {
            resolve(result);
          });
        } catch (error) {
          const isFull = error instanceof BufferFullError;
          if (isFull && !isLast) return false;
          const reason = isFull ? error.after(Math.round(performance.now() - started)) : error;
          return end(() => {
            // What the action or the signal had to say is passed on as it is.
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
            reject(reason);
          });
        }
      };
      const onAbort = (): void => {
        end(() => {
          reject(signal?.reason as Error);
        });
      };
      const waiting: Waiting = { attempt: () => tryOnce(false) };
      let limit: NodeJS.Timeout | undefined;
      if (this.#waiting.size === 0 && waiting.attempt()) return;
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", onAbort);
      // Node takes a longer one for none.
      if (timeout !== undefined && timeout <= LONGEST_TIMER) limit = setTimeout(() => tryOnce(true), timeout);
      if (this.#timer === undefined) this.#poller.start();
    });
  }

  /** Lets everybody try once more, when the ring is closed: the action says so. */
  end(): void {
    for (const waiting of this.#waiting) waiting.attempt();
    this.#poller.close();
  }

  #look(): void {
    for (const waiting of this.#waiting) if (!waiting.attempt()) break;
    if (this.#waiting.size === 0) return;
    this.#poller.stop();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#poller.start();
    }, MILLISECONDS);
  }

  #restWhenNobodyWaits(): void {
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#poller.stop();
  }
}
