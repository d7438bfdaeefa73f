/** Where a {@link RecordStream} gets its records from. */
export interface RecordSource<T> {
  /** Looks what is there by now; `next` goes no further than this. */
  refresh(): void;
  /** Goes to the next record, and says whether there is one. */
  next(): boolean;
  /** The record that `next` found. Records that are not taken stay where they are. */
  take(): T;
}

/** What calls a stream back when there is something to read, from the event loop. */
export interface Waiter {
  start(): void;
  stop(): void;
  close(): void;
}

/** Who reads a buffer. */
export interface RecordReader {
  /** Called when the buffer is closed, before its memory goes. */
  end(): void;
}

/** The buffer that somebody reads: it lets one read at a time. */
export interface RecordHost<T, S extends RecordSource<T> = RecordSource<T>> {
  /** Throws when another one is reading, or the buffer is closed. */
  begin(reader: RecordReader): S;
  end(reader: RecordReader): void;
  waiter(onReadable: () => void): Waiter;
}

/** So many records are handed out before timers, signals and other sockets of the process get their turn. */
export const recordsPerTurn = 256;

type Result<T> = IteratorResult<T, undefined>;

interface Promised<T> {
  readonly resolve: (result: Result<T>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The records of one buffer as an async iterator.
 *
 * A record leaves the buffer when it is asked for, not earlier: a slow loop holds back the kernel's buffer and not this
 * process's memory, and what a loop that ends has not seen is there for the next one.
 */
export class RecordStream<T> implements AsyncIterableIterator<T>, RecordReader {
  readonly #host: RecordHost<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #perTurn: number;
  readonly #onAbort = (): void => {
    this.end();
  };
  #state: "new" | "reading" | "ended" = "new";
  #source: RecordSource<T> | undefined;
  #waiter: Waiter | undefined;
  /** The answer to `next` that is still due, and how to give it when it depends on the buffer. */
  #pending: Promise<Result<T>> | undefined;
  #waiting: Promised<T> | undefined;
  #sinceTurn = 0;

  /** `perTurn` results are handed out before the event loop gets its turn. */
  constructor(host: RecordHost<T>, signal: AbortSignal | undefined, perTurn: number = recordsPerTurn) {
    this.#host = host;
    this.#signal = signal;
    this.#perTurn = perTurn;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next record; waits for one, and is done when the signal is aborted or the buffer closed. */
  next(): Promise<Result<T>> {
    if (this.#pending !== undefined) return this.#after(this.#pending);
    try {
      const source = this.#begin();
      if (source === undefined) return Promise.resolve(done());
      if (this.#sinceTurn >= this.#perTurn) return this.#afterTurn();
      if (advance(source)) return Promise.resolve(this.#take(source));
      // Looking for a record may have called back to somebody who ended this.
      return this.#ended ? Promise.resolve(done()) : this.#wait();
    } catch (error) {
      this.end();
      return rejected(error);
    }
  }

  /** Ends the stream, as `break` in a loop does. The buffer can be read again. */
  return(): Promise<Result<T>> {
    this.end();
    return Promise.resolve(done());
  }

  throw(error: unknown): Promise<Result<T>> {
    this.end();
    return rejected(error);
  }

  /** Ends the stream; a call of `next` that waits is done. A second call does nothing. */
  end(): void {
    if (this.#state === "ended") return;
    const wasReading = this.#state === "reading";
    this.#state = "ended";
    this.#source = undefined;
    this.#waiter?.close();
    if (wasReading) this.#host.end(this);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#settle()?.resolve(done());
  }

  get #ended(): boolean {
    return this.#state === "ended";
  }

  /** The source, from the first call on; undefined when the stream has ended. */
  #begin(): RecordSource<T> | undefined {
    if (this.#state !== "new") return this.#source;
    if (this.#signal?.aborted === true) {
      this.end();
      return undefined;
    }
    this.#source = this.#host.begin(this);
    this.#state = "reading";
    this.#signal?.addEventListener("abort", this.#onAbort);
    return this.#source;
  }

  #take(source: RecordSource<T>): Result<T> {
    this.#sinceTurn++;
    return { value: source.take(), done: false };
  }

  /** Someone called `next` twice without waiting: the calls are answered in their order. */
  #after(pending: Promise<unknown>): Promise<Result<T>> {
    const again = (): Promise<Result<T>> => this.next();
    return pending.then(again, again);
  }

  /** A loop that always finds a record would never let the event loop run: this makes it wait for one turn. */
  #afterTurn(): Promise<Result<T>> {
    this.#sinceTurn = 0;
    const turn = new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const pending = turn.then(() => {
      this.#pending = undefined;
      return this.next();
    });
    this.#pending = pending;
    return pending;
  }

  #wait(): Promise<Result<T>> {
    this.#waiter ??= this.#host.waiter(() => {
      this.#onReadable();
    });
    this.#waiter.start();
    this.#pending = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    return this.#pending;
  }

  #onReadable(): void {
    const source = this.#source;
    // The loop is busy with a record: be quiet until it asks again, the buffer stays readable for as long.
    if (this.#waiting === undefined || source === undefined) {
      this.#waiter?.stop();
      return;
    }
    this.#sinceTurn = 0;
    try {
      // Readable and no record: one is reserved and not yet submitted, or all were discarded. The waiter calls again.
      if (advance(source)) {
        const result = this.#take(source);
        this.#settle()?.resolve(result);
      }
    } catch (error) {
      this.#settle()?.reject(error);
      this.end();
    }
  }

  /** Takes the answer that is due, so that it is given once. */
  #settle(): Promised<T> | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#waiting = undefined;
    this.#pending = undefined;
    return waiting;
  }
}

/** What is known to be there comes first: looking for more costs a cache miss. */
function advance(source: RecordSource<unknown>): boolean {
  if (source.next()) return true;
  source.refresh();
  return source.next();
}

function rejected(error: unknown): Promise<never> {
  // What a loop or a reader threw is passed on as it is.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  return Promise.reject(error);
}

function done(): { value: undefined; done: true } {
  return { value: undefined, done: true };
}
