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
    this.#cursor.refresh();
  }

  next(): boolean {
    const cursor = this.#cursor;
    while (cursor.next()) {
      if (this.#filter === undefined || this.#isKept(this.#filter)) return true;
      cursor.release();
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
    const cursor = this.#cursor;
    const { at, length } = cursor;
    try {
      if (length < this.#codec.size) throw tooShort(this.#what, length, this.#codec.size);
      this.#data.end = at + length;
      this.#lazy.lend(at, callback);
    } finally {
      cursor.release();
    }
  }

  /** Called before the memory goes: what callbacks hold in their hands must not be read any more. */
  recall(): void {
    this.#lazy?.recall();
    this.#filtered?.recall();
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
      this.#cursor.release();
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
