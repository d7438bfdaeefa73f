import { busyBit, discardBit, headerSize, roomOf } from "./ring-header.ts";
import { RingPosition } from "./ring-position.ts";

/** The parts of a user ring buffer that the kernel maps into a process. */
export interface UserRingMemory {
  /** The page with the consumer's position, which only the kernel writes. */
  readonly consumer: Uint8Array;
  /** The page with the producer's position, writable. */
  readonly producer: Uint8Array;
  /** The samples, twice in a row, so that each is in one piece: twice `size` bytes. */
  readonly data: Uint8Array;
  /** In bytes, a power of two. */
  readonly size: number;
}

/**
 * Where the producer of a user ring buffer is, by the rules of `__bpf_user_ringbuf_peek` in kernel/bpf/ringbuf.c
 * (libbpf: `user_ring_buffer__reserve`, `user_ringbuf_commit`).
 */
export class UserRingProducer {
  /** Where samples are written. */
  readonly data: Uint8Array;
  readonly #size: number;
  readonly #consumer: RingPosition;
  readonly #producer: RingPosition;
  readonly #headers: Int32Array;
  /** Low half of the producer's position. */
  #low: number;

  constructor({ consumer, producer, data, size }: UserRingMemory) {
    this.data = data;
    this.#size = size;
    this.#consumer = new RingPosition(consumer, 0);
    this.#producer = new RingPosition(producer, 0);
    this.#headers = new Int32Array(data.buffer, data.byteOffset, size / 4);
    this.#low = this.#producer.resume();
  }

  /** So many bytes are free; a sample takes up {@link roomOf} its size. */
  get free(): number {
    return this.#size - ((this.#low - this.#consumer.load()) | 0);
  }

  /** How many bytes were ever written, and read. */
  get totals(): { readonly written: bigint; readonly read: bigint } {
    // In this order: what is read was written before.
    const read = this.#consumer.total;
    return { written: this.#producer.total, read };
  }

  /** Where the bytes of the next sample go. There must be room for it. */
  get at(): number {
    return (this.#low & (this.#size - 1)) + headerSize;
  }

  /** Hands the next sample over, whose bytes are at {@link UserRingProducer.at}. */
  submit(size: number): void {
    this.#publish(size, size);
  }

  /** Hands the place of the next sample over, and returns where it is: a program waits there until it is committed. */
  reserve(size: number): number {
    const { at } = this;
    this.#publish(size, size | busyBit);
    return at;
  }

  /** Ends the reservation at `at`. */
  commit(at: number, size: number, isDiscarded: boolean): void {
    Atomics.store(this.#headers, (at - headerSize) >> 2, isDiscarded ? size | discardBit : size);
  }

  #publish(size: number, header: number): void {
    const index = (this.at - headerSize) >> 2;
    Atomics.store(this.#headers, index + 1, 0);
    Atomics.store(this.#headers, index, header);
    this.#low = this.#producer.advance(this.#low, roomOf(size));
  }
}
