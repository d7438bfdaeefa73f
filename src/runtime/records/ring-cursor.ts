import { CoreGenError } from "../../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";

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

const headerSize = 8;
const busyBit = 0x80000000 | 0;
const discardBit = 0x40000000;
const lengthMask = 0x3fffffff;
/**
 * On x86 every load has acquire and every store release semantics. Node's Atomics are calls there, of 15 ns each, which
 * is as much as reading a small record takes; elsewhere they are needed.
 */
const isOrdered = process.arch === "x64";
/** Which half of a 64-bit number holds its low 32 bits in this machine's memory. */
const lowWord = hostIsLittleEndian ? 0 : 1;

/**
 * Where the consumer of a ring buffer is, by the rules of kernel/bpf/ringbuf.c.
 *
 * Positions are 64-bit counts of bytes that never go back. Only differences and the place in the ring matter, and
 * both are in the low 32 bits, for the ring is smaller than 2 GiB: so the loop over records works on int32 and never
 * makes a bigint, which would cost more than the rest of it.
 */
export class RingCursor {
  /** Where the record's bytes begin in `data`, after {@link RingCursor.next} said there is one. */
  at = 0;
  /** The record's length in bytes. */
  length = 0;
  readonly #memory: RingMemory;
  readonly #consumer: Int32Array;
  readonly #consumerLong: BigInt64Array;
  readonly #producer: Int32Array;
  readonly #data: Int32Array;
  readonly #mask: number;
  /** Low and high half of the consumer's position. */
  #low = 0;
  #high = 0;
  /** Low half of the producer's position when it was last looked at. */
  #end = 0;

  constructor(memory: RingMemory) {
    this.#memory = memory;
    this.#consumer = new Int32Array(memory.consumer.buffer, memory.consumer.byteOffset, 2);
    this.#consumerLong = new BigInt64Array(memory.consumer.buffer, memory.consumer.byteOffset, 1);
    this.#producer = new Int32Array(memory.producer.buffer, memory.producer.byteOffset, 2);
    this.#data = new Int32Array(memory.data.buffer, memory.data.byteOffset, memory.size / 2);
    this.#mask = memory.size - 1;
    this.rewind();
  }

  /** Goes to where the last consumer of the ring stopped. */
  rewind(): void {
    this.#low = Atomics.load(this.#consumer, lowWord);
    this.#high = Atomics.load(this.#consumer, 1 - lowWord);
    this.#end = this.#low;
  }

  /** Looks how far the producers are by now. {@link RingCursor.next} goes no further than this. */
  refresh(): void {
    this.#end = Atomics.load(this.#producer, lowWord);
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
      if (roundedSize(this.length) > available) throw this.#corrupt();
      if ((header & discardBit) === 0) return true;
      this.release();
    }
  }

  /** Gives the record's room back to the producers. */
  release(): void {
    const before = this.#low;
    this.#low = (before + roundedSize(this.length)) | 0;
    if (this.#low >>> 0 < before >>> 0) {
      this.#high = (this.#high + 1) | 0;
      Atomics.store(this.#consumerLong, 0, (BigInt(this.#high) << 32n) | BigInt(this.#low >>> 0));
    } else {
      // The other half does not change, and one store of 32 bits is as atomic as one of 64.
      storeRelease(this.#consumer, lowWord, this.#low);
    }
  }

  #corrupt(): CoreGenError {
    const { what, size } = this.#memory;
    return new CoreGenError(
      "kernel",
      `${what}: a record of ${this.length} bytes reaches past what was written to the ring of ${size} bytes`,
    );
  }
}

/** What a record takes up in the ring, its header included. */
function roundedSize(length: number): number {
  return (length + headerSize + 7) & ~7;
}

function loadAcquire(words: Int32Array, index: number): number {
  return isOrdered ? (words[index] ?? 0) : Atomics.load(words, index);
}

function storeRelease(words: Int32Array, index: number, value: number): void {
  if (isOrdered) words[index] = value;
  else Atomics.store(words, index, value);
}
