/** How long a buffer is read. */
export interface ReadOptions {
  /** Ends the loop when it is aborted, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Which records of type `T` are read. */
export interface FilterOptions<T> {
  /**
   * Says which records are wanted; the others are passed over and never decoded as a whole.
   *
   * The members of what it is given are read when they are asked for, and throw once it has returned. Modules generated
   * by core-gen 0.1 and later have what that needs; of others the whole record is decoded for it.
   */
  readonly filter?: ((record: Readonly<T>) => boolean) | undefined;
}

/** How {@link RingBuffer.records} reads. */
export interface RecordOptions<T = unknown> extends ReadOptions, FilterOptions<T> {
  /** Hands out copies of the records' bytes, undecoded. */
  readonly raw?: boolean | undefined;
  /** Hands out arrays of what is there, of at most so many records: less work for each. */
  readonly batch?: number | undefined;
}

/** How {@link RingBuffer.consume} reads. */
export interface ConsumeOptions<T> extends FilterOptions<T> {
  /**
   * The callback gets an object whose members are read from the buffer when they are asked for: right when few of them
   * are. It is the same object for all records, and its members throw once the callback has returned: keep what you need
   * of it, or a copy, `{ ...record }`.
   */
  readonly lazy?: boolean | undefined;
}

/** How {@link RingBuffer.forEach} reads. */
export interface ForEachOptions<T> extends ReadOptions, ConsumeOptions<T> {}

/** From JavaScript anything may come: what is no signal must not end up as a reader that can't be ended. */
export function checkedSignal({ signal }: ReadOptions): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError("records({ signal }) takes an AbortSignal: give it controller.signal, not the controller");
}

/** The size of batches; undefined when none are wanted. Throws a RangeError for what is no size. */
export function checkedBatch({ batch }: RecordOptions<never>): number | undefined {
  if (batch === undefined || (Number.isSafeInteger(batch) && batch > 0)) return batch;
  throw new RangeError(`records({ batch: ${batch} }) takes the most records of one batch, 1 or more`);
}
