import type { Fd } from "../sys/fd.ts";
import { Poller } from "../sys/poll.ts";
import type { Waiter } from "./record-stream.ts";

/** How long records are held back that others with an earlier time may still follow. */
const MILLISECONDS = 2;

/** Calls back when one of several perf events has something to read, or something that was held back can be read. */
export class PerfWaiter implements Waiter {
  readonly #pollers: readonly Poller[];
  readonly #onReadable: () => void;
  readonly #holdsBack: () => boolean;
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(events: readonly Fd[], holdsBack: () => boolean, onReadable: () => void) {
    this.#holdsBack = holdsBack;
    this.#onReadable = onReadable;
    this.#pollers = events.map((event) => {
      return new Poller(event, () => {
        this.#look();
      });
    });
  }

  start(): void {
    if (this.#running) {
      this.#lookLaterAtHeldBack();
      return;
    }
    this.#running = true;
    for (const poller of this.#pollers) poller.start();
    // The kernel tells of news once (perf_poll), and to epoll_ctl in vain: what came before the event loop has made that
    // call is to be found without being told. It makes it at the end of this turn or of the next one.
    setImmediate(() => {
      setImmediate(() => {
        this.#look();
      });
    });
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const poller of this.#pollers) poller.stop();
  }

  close(): void {
    this.stop();
  }

  #look(): void {
    if (!this.#running) return;
    this.#onReadable();
    this.#lookLaterAtHeldBack();
  }

  #lookLaterAtHeldBack(): void {
    if (!this.#running || this.#timer !== undefined || !this.#holdsBack()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, MILLISECONDS);
  }
}
