import { isMainThread } from "node:worker_threads";
import { KernelError } from "../errors.ts";
import type { Fd } from "./fd.ts";
import { libc } from "./libc.ts";
import { TimedPoll } from "./timed-poll.ts";

interface PollHandle {
  close(): void;
}

/** A handle that nothing refers to is collected and falls silent, so those that are active are kept here. */
const active = new Set<Poller>();

/**
 * Calls back while a descriptor is readable, or writable, from the event loop, which it keeps running between `start` and `stop`.
 *
 * Of ring buffers the call is repeated until all was read; of perf events it comes once for new data, and data that
 * was there before `start` is not reported: look for it once after the first turn of the loop.
 */
export class Poller {
  readonly #fd: Fd;
  readonly #what: "readable" | "writable";
  readonly #onReady: () => void;
  #handle: PollHandle | undefined;
  #pending = false;
  #closed = false;

  constructor(fd: Fd, onReady: () => void, what: "readable" | "writable" = "readable") {
    this.#fd = fd;
    this.#what = what;
    this.#onReady = onReady;
  }

  /** Begins to watch; does nothing when it does already, or is closed. */
  start(): void {
    if (this.#closed || this.#handle !== undefined) return;
    const onEvent = (status: number): void => {
      this.#onEvent(status);
    };
    this.#handle = isMainThread
      ? libc().poll(this.#fd.number, this.#what, onEvent)
      : new TimedPoll(this.#fd, this.#what, onEvent);
    active.add(this);
  }

  /** Stops watching; `start` may be called again. No call comes after this one, not even one that is due. */
  stop(): void {
    active.delete(this);
    const handle = this.#handle;
    this.#handle = undefined;
    // A handle that is closed must not be touched again, that is a SIGSEGV: each has one life, from start to stop.
    handle?.close();
  }

  /** Stops for good; a second call does nothing. */
  close(): void {
    this.#closed = true;
    this.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * An exception that leaves koffi's callback is lost without a word (tried), so nothing runs in there. The check phase
   * follows in the same turn of the loop, and is one of Node's own callbacks, with all that belongs to one.
   */
  #onEvent(status: number): void {
    if (this.#pending) return;
    this.#pending = true;
    setImmediate(() => {
      this.#pending = false;
      if (this.#handle === undefined) return;
      if (status < 0) this.#fail(-status);
      this.#onReady();
    });
  }

  #fail(errno: number): never {
    this.stop();
    throw new KernelError({ doing: `waiting for ${this.#fd.what}`, syscall: "epoll_wait", errno });
  }
}
