import type { RecordSource } from "./record-stream.ts";

/** Records as arrays of what is there, of at most `most`. */
export class Batches<T> implements RecordSource<T[]> {
  readonly #records: RecordSource<T>;
  readonly #most: number;
  /** What was thrown behind the records of a batch: it is thrown in its place in the order. */
  #failure: { readonly error: unknown } | undefined;

  constructor(records: RecordSource<T>, most: number) {
    this.#records = records;
    this.#most = most;
  }

  refresh(): void {
    this.#records.refresh();
  }

  next(): boolean {
    return this.#failure !== undefined || this.#records.next();
  }

  take(): T[] {
    this.#throwFailure();
    const batch = [this.#records.take()];
    try {
      while (batch.length < this.#most && this.#records.next()) batch.push(this.#records.take());
    } catch (error) {
      this.#failure = { error };
    }
    return batch;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }
}
