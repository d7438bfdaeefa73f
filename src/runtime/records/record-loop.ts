import { type RecordHost, type RecordReader, type RecordSource, type Waiter } from "./record-stream.ts";

/** A source that can lend its records out. */
export interface CallbackSource<T> extends RecordSource<T> {
  /** Calls `callback` with the record that `next` found. */
  handTo(callback: (record: T) => void): void;
}

/** Calls are cheap, turns of the event loop are not: more than a stream hands out in one turn. */
const callsPerTurn = 2048;

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Calls a function with each record of a buffer, as they come.
 *
 * Costs no promise for each record, unlike {@link RecordStream}. What the function returns is not waited for.
 */
export class RecordLoop<T> implements RecordReader {
  readonly #host: RecordHost<T, CallbackSource<T>>;
  readonly #callback: (record: T) => void;
  readonly #onAbort = (): void => {
    this.end();
  };
  #signal: AbortSignal | undefined;
  #source: CallbackSource<T> | undefined;
  #waiter: Waiter | undefined;
  #settle: Settle | undefined;
  #isCalling = false;
  /** To be settled when the callback that has ended the loop returns, or throws. */
  #settleLater: Settle | undefined;

  constructor(host: RecordHost<T, CallbackSource<T>>, callback: (record: T) => void) {
    this.#host = host;
    this.#callback = callback;
  }

  /** Runs until the signal is aborted or the buffer closed; rejects with what the function throws. To be called once. */
  run(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      this.#source = this.#host.begin(this);
      this.#settle = { resolve, reject };
      this.#signal = signal;
      signal?.addEventListener("abort", this.#onAbort);
      this.#waiter = this.#host.waiter(() => {
        this.#onReadable();
      });
      this.#waiter.start();
    });
  }

  /** Ends the loop without an error. A second call does nothing. */
  end(): void {
    const settle = this.#stop();
    if (this.#isCalling) this.#settleLater = settle ?? this.#settleLater;
    else settle?.resolve();
  }

  #onReadable(): void {
    this.#isCalling = true;
    try {
      this.#source?.refresh();
      // The callback may end this loop, and with it the source.
      for (let calls = 0; calls < callsPerTurn && this.#source?.next() === true; calls++)
        this.#source.handTo(this.#callback);
      this.#settleLater?.resolve();
    } catch (error) {
      (this.#stop() ?? this.#settleLater)?.reject(error);
    } finally {
      this.#isCalling = false;
      this.#settleLater = undefined;
    }
  }

  /** Lets go of the buffer, once. */
  #stop(): Settle | undefined {
    const settle = this.#settle;
    if (settle === undefined) return undefined;
    this.#settle = undefined;
    this.#source = undefined;
    this.#waiter?.close();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#host.end(this);
    return settle;
  }
}
