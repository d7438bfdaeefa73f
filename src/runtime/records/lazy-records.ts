import type { Codec } from "../codec.ts";
import type { Memory } from "../memory.ts";
import { RecordView } from "../record-view.ts";

/**
 * Lends records out: objects whose members are read from the buffer's memory when they are asked for.
 *
 * A record can be read until the function returns that it was lent to; afterwards its members throw, and never show
 * another record or memory that is gone. Modules that were generated without views read the whole record instead.
 */
export class LazyRecords<T> {
  readonly #view: RecordView;
  readonly #current: () => T;

  constructor(memory: Memory, codec: Codec<T>) {
    const view = new RecordView(memory);
    this.#view = view;
    this.#current = codec.view?.(view) ?? (() => codec.read(memory, view.at));
  }

  /** Calls `use` with the record at byte `at`. */
  lend<R>(at: number, use: (record: T) => R): R {
    this.#view.enter(at);
    try {
      return use(this.#current());
    } finally {
      this.#view.leave();
    }
  }

  /** Ends what is lent out at the moment: the memory is about to go. */
  recall(): void {
    this.#view.leave();
  }
}
