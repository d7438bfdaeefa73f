import type { Fd } from "./fd.ts";
import { EINTR } from "./errno.ts";
import { libc } from "./libc.ts";

const POLLIN = 1;
const POLLOUT = 4;
/** How long a descriptor is left alone that had nothing to read, at most and at least: twice as long each time. */
const longestPauseMs = 16;
const shortestPauseMs = 1;

/**
 * Asks whether a descriptor is readable, or writable, time and again: what worker threads do instead of watching it.
 *
 * A worker can be terminated at any time, and then Node closes what watches descriptors in its event loop while that
 * loop still runs. koffi's handle calls into JavaScript once more when its descriptor is readable, which is not allowed
 * any more: the whole process aborts (koffi 3.3.4, `PollHandle::OnPoll`, seen on Node 20 to 26). Timers are Node's own.
 */
export class TimedPoll {
  readonly #fd: Fd;
  readonly #events: number;
  readonly #onEvent: (status: number) => void;
  readonly #pollfd: Int32Array;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = shortestPauseMs;

  constructor(fd: Fd, what: "readable" | "writable", onEvent: (status: number) => void) {
    this.#fd = fd;
    this.#events = what === "readable" ? POLLIN : POLLOUT;
    this.#onEvent = onEvent;
    // struct pollfd { int fd; short events; short revents; }
    this.#pollfd = new Int32Array(2);
    this.#wait();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#look();
    }, this.#pauseMs);
  }

  #look(): void {
    const ready = this.#ask();
    this.#pauseMs = ready === 0 ? Math.min(this.#pauseMs * 2, longestPauseMs) : shortestPauseMs;
    this.#wait();
    if (ready !== 0) this.#onEvent(ready < 0 ? ready : 0);
  }

  /** 1 when it is ready, 0 when it is not, or minus errno. */
  #ask(): number {
    this.#pollfd[0] = this.#fd.number;
    new Int16Array(this.#pollfd.buffer)[2] = this.#events;
    const ready = libc().pollNow(libc().addressOf(this.#pollfd.buffer as ArrayBuffer), 1);
    // A signal came in between, of a profiler for example: next time.
    return ready === -EINTR ? 0 : ready;
  }
}
