import { CoreGenError } from "../errors.ts";
import type { Memory } from "./memory.ts";

/**
 * Where the record lies whose members a view reads, in generated code.
 *
 * It moves from record to record. Between two, and after the last one, reading a member throws: the memory may hold
 * another record by then, or be gone.
 */
export class RecordView {
  readonly from: Memory;
  #at = nowhere;

  constructor(from: Memory) {
    this.from = from;
  }

  /** The record's first byte in {@link RecordView.from}. Throws a `CoreGenError` with code `closed` outside of the callback. */
  get at(): number {
    if (this.#at === nowhere) throw isGone();
    return this.#at;
  }

  /** Goes to the record at this byte. */
  enter(at: number): void {
    this.#at = at;
  }

  /** Ends the time in which the record can be read. */
  leave(): void {
    this.#at = nowhere;
  }
}

const nowhere = -1;

function isGone(): CoreGenError {
  return new CoreGenError(
    "closed",
    "a record that is read lazily was used outside of the callback that it was given to",
    {
      hints: ["Keep what you need of it, or a copy of all: `{ ...record }`."],
    },
  );
}
