import { CoreGenError } from "../../errors.ts";
import { busyBit, discardBit, headerSize, roomOf } from "./ring-header.ts";
import { loadAcquire, RingPosition } from "./ring-position.ts";

/** The parts of a ring buffer that the kernel maps into a process. */
export interface RingMemory {
  /** Named in errors: `map "events"`. */
  readonly what: string;
  /** The page with the consumer's position, writable. */
  readonly consumer: Uint8Array;
  /** The page with the producer's position. */
  readonly producer: Uint8Array;
  /** The records, twice in a row, so that each is in one piece: twice `size` bytes. */
  readonly data: Uint8Array;
  /** In bytes, a power of two. */
  readonly size: number;
}

const lengthMask = 0x3fffffff;

/** Where the consumer of a ring buffer is, by the rules of kernel/bpf/ringbuf.c. */
export class RingCursor {
  /** Where the record's bytes begin in `data`, after {@link RingCursor.next} said there is one. */
  at = 0;
  /** The record's length in bytes. */
  length = 0;
  readonly #memory: RingMemory;
  readonly #consumer: RingPosition;
  readonly #producer: RingPosition;
  readonly #data: Int32Array;
  readonly #mask: number;
  /** Low half of the consumer's position. */
  #low = 0;
  /** Low half of the producer's position when it was last looked at. */
  #end = 0;

  constructor(memory: RingMemory) {
    this.#memory = memory;
    this.#consumer = new RingPosition(memory.consumer, 0);
    this.#producer = new RingPosition(memory.producer, 0);
    this.#data = new Int32Array(memory.data.buffer, memory.data.byteOffset, memory.size / 2);
    this.#mask = memory.size - 1;
    this.rewind();
  }

  /** Goes to where the last consumer of the ring stopped. */
  rewind(): void {
    this.#low = this.#consumer.resume();
    this.#end = this.#low;
  }

  /** How many bytes were ever written, and read. */
  get totals(): { readonly written: bigint; readonly read: bigint } {
    // In this order: what is read was written before.
    const read = this.#consumer.total;
    return { written: this.#producer.total, read };
  }

  /** Looks how far the producers are by now. {@link RingCursor.next} goes no further than this. */
  refresh(): void {
    this.#end = this.#producer.load();
  }

  /**
   * Goes to the next record, and says whether there is one. Its bytes stay valid until {@link RingCursor.release}.
   *
   * Discarded records are passed over. A record that is reserved and not yet submitted ends the walk, even when there
   * are complete ones behind it: the order is the order of reservation.
   */
  next(): boolean {
    for (;;) {
      const available = (this.#end - this.#low) | 0;
      if (available <= 0) return false;
      const offset = this.#low & this.#mask;
      // The kernel stores the header last (smp_store_release), so it must be loaded before the record's bytes are.
      const header = loadAcquire(this.#data, offset >> 2);
      if ((header & busyBit) !== 0) return false;
      this.at = offset + headerSize;
      this.length = header & lengthMask;
      if (roomOf(this.length) > available) throw this.#corrupt();
      if ((header & discardBit) === 0) return true;
      this.release();
    }
  }

  /** Gives the record's room back to the producers. */
  release(): void {
    this.#low = this.#consumer.advance(this.#low, roomOf(this.length));
  }

  #corrupt(): CoreGenError {
    const { what, size } = this.#memory;
    return new CoreGenError(
      "kernel",
      `${what}: a record of ${this.length} bytes reaches past what was written to the ring of ${size} bytes`,
    );
  }
}
