import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import { LazyRecords } from "./lazy-records.ts";
import type { CallbackSource } from "./record-loop.ts";
import type { RecordSource } from "./record-stream.ts";
import { RingCursor, type RingMemory } from "./ring-cursor.ts";

/** How {@link RingRecords} reads. */
export interface Reading {
  /** Says which records are handed out; the others are never read as a whole. */
  readonly filter?: RecordFilter | undefined;
  /** Hands records out to callbacks as objects whose members are read when they are asked for. */
  readonly lazy?: boolean | undefined;
}

/** Which records are wanted, as the buffer's own type reads them, lazily. */
export interface RecordFilter {
  readonly codec: Codec<unknown>;
  readonly keeps: (record: unknown) => boolean;
}

/** The records of a ring buffer as values, read in place. */
export class RingRecords<T> implements RecordSource<T>, CallbackSource<T> {
  readonly #cursor: RingCursor;
  readonly #data: Memory;
  readonly #codec: Codec<T>;
  readonly #what: string;
  readonly #lazy: LazyRecords<T> | undefined;
  readonly #filter: RecordFilter | undefined;
  readonly #filtered: LazyRecords<unknown> | undefined;
  /** Whether a callback has a record in its hands that is still in the ring. */
  #isLent = false;
  #isFinished = false;

  constructor(memory: RingMemory, codec: Codec<T>, { filter, lazy = false }: Reading = {}) {
    this.#cursor = new RingCursor(memory);
    this.#data = new Memory(memory.data);
    this.#codec = codec;
    this.#what = memory.what;
    this.#lazy = lazy ? new LazyRecords(this.#data, codec) : undefined;
    this.#filter = filter;
    this.#filtered = filter === undefined ? undefined : new LazyRecords(this.#data, filter.codec);
  }

  rewind(): void {
    this.#cursor.rewind();
  }

  refresh(): void {
    if (!this.#isOver()) this.#cursor.refresh();
  }

  /** A filter may end its own reader: then there is no next record, and the one that it was asked about stays. */
  next(): boolean {
    const cursor = this.#cursor;
    while (!this.#isOver() && cursor.next()) {
      if (this.#filter === undefined || this.#isKept(this.#filter)) return !this.#isOver();
      if (!this.#isOver()) cursor.release();
    }
    return false;
  }

  /**
   * The record that `next` found, which is then gone from the ring, whether it could be read or not.
   *
   * A record may be longer than its type: what follows is a flexible array, or is ignored. Throws a `CoreGenError` with
   * code `bad-value` when it is shorter.
   */
  take(): T {
    const cursor = this.#cursor;
    const { at, length } = cursor;
    try {
      if (length < this.#codec.size) throw tooShort(this.#what, length, this.#codec.size);
      this.#data.end = at + length;
      return this.#codec.read(this.#data, at);
    } finally {
      cursor.release();
    }
  }

  handTo(callback: (record: T) => void): void {
    if (this.#lazy === undefined) {
      callback(this.take());
      return;
    }
    const { at, length } = this.#cursor;
    this.#isLent = true;
    try {
      if (length < this.#codec.size) throw tooShort(this.#what, length, this.#codec.size);
      this.#data.end = at + length;
      this.#lazy.lend(at, callback);
    } finally {
      this.#giveBack();
    }
  }

  /**
   * Called when the reader ends, before another one begins and before the memory goes: what callbacks hold in their
   * hands can't be read any more, and the ring is not touched again.
   */
  finish(): void {
    this.#lazy?.recall();
    this.#filtered?.recall();
    this.#giveBack();
    this.#isFinished = true;
  }

  /** A callback may end the reader that called it: its record is given back once. */
  #giveBack(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#cursor.release();
  }

  #isOver(): boolean {
    return this.#isFinished;
  }

  #isKept({ codec, keeps }: RecordFilter): boolean {
    const { at, length } = this.#cursor;
    // `take` says what is wrong with it.
    if (length < codec.size) return true;
    this.#data.end = at + length;
    try {
      return this.#filtered?.lend(at, keeps) === true;
    } catch (error) {
      // A record that can't be judged is gone as well: the next loop would stumble over it again.
      if (!this.#isOver()) this.#cursor.release();
      throw error;
    }
  }
}

/** The error of a record that is shorter than its type. */
export function tooShort(what: string, length: number, size: number): CoreGenError {
  return new CoreGenError("bad-value", `${what}: a record has ${length} bytes, and its type has ${size}`, {
    hints: [
      "The program sends records of another type than the skeleton says: generate it again, with --record MAP=STRUCT.",
    ],
  });
}
