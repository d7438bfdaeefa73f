import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import type { RecordSource } from "./record-stream.ts";
import { RingCursor, type RingMemory } from "./ring-cursor.ts";

/** The records of a ring buffer as values, read in place. */
export class RingRecords<T> implements RecordSource<T> {
  readonly #cursor: RingCursor;
  readonly #data: Memory;
  readonly #codec: Codec<T>;
  readonly #what: string;

  constructor(memory: RingMemory, codec: Codec<T>) {
    this.#cursor = new RingCursor(memory);
    this.#data = new Memory(memory.data);
    this.#codec = codec;
    this.#what = memory.what;
  }

  get totals(): RingCursor["totals"] {
    return this.#cursor.totals;
  }

  rewind(): void {
    this.#cursor.rewind();
  }

  refresh(): void {
    this.#cursor.refresh();
  }

  next(): boolean {
    return this.#cursor.next();
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
}

/** The error of a record that is shorter than its type. */
export function tooShort(what: string, length: number, size: number): CoreGenError {
  return new CoreGenError("bad-value", `${what}: a record has ${length} bytes, and its type has ${size}`, {
    hints: [
      "The program sends records of another type than the skeleton says: generate it again, with --record MAP=STRUCT.",
    ],
  });
}
