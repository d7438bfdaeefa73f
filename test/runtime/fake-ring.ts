import type { RingMemory } from "../../src/runtime/records/ring-cursor.ts";

const busyBit = 0x80000000;
const discardBit = 0x40000000;

/** A reserved record, to submit or to discard, as a BPF program does. */
export interface Reservation {
  submit(): void;
  discard(): void;
}

/** The kernel's side of a ring buffer, by the rules of kernel/bpf/ringbuf.c, in ordinary memory. */
export class FakeRing {
  readonly memory: RingMemory;
  readonly #positions: { readonly consumer: BigUint64Array; readonly producer: BigUint64Array };
  readonly #data: DataView;

  /** `position` is where consumer and producer are at first. */
  constructor(size: number, position = 0n) {
    const [consumer, producer, data] = [new Uint8Array(4096), new Uint8Array(4096), new Uint8Array(2 * size)];
    this.memory = { what: 'map "fake"', consumer, producer, data, size };
    this.#positions = { consumer: new BigUint64Array(consumer.buffer), producer: new BigUint64Array(producer.buffer) };
    this.#data = new DataView(data.buffer);
    this.#positions.consumer[0] = position;
    this.#positions.producer[0] = position;
  }

  get consumerPosition(): bigint {
    return this.#positions.consumer[0] ?? 0n;
  }

  get producerPosition(): bigint {
    return this.#positions.producer[0] ?? 0n;
  }

  /** Like `bpf_ringbuf_reserve`: undefined when there is no room. */
  reserve(bytes: Uint8Array): Reservation | undefined {
    const at = this.producerPosition;
    const total = BigInt((bytes.length + 8 + 7) & ~7);
    // The kernel keeps the difference one less than the size.
    if (at + total - this.consumerPosition > BigInt(this.memory.size) - 1n) return undefined;
    this.#setHeader(at, (bytes.length | busyBit) >>> 0);
    bytes.forEach((byte, i) => {
      this.#setByte(at + 8n + BigInt(i), byte);
    });
    this.#positions.producer[0] = at + total;
    return {
      submit: () => {
        this.#setHeader(at, bytes.length);
      },
      discard: () => {
        this.#setHeader(at, (bytes.length | discardBit) >>> 0);
      },
    };
  }

  /** Reserves and submits; false when there is no room. */
  output(bytes: Uint8Array): boolean {
    const reservation = this.reserve(bytes);
    reservation?.submit();
    return reservation !== undefined;
  }

  #setHeader(position: bigint, length: number): void {
    const host = new Uint8Array(Uint32Array.of(length, 0).buffer);
    host.forEach((byte, i) => {
      this.#setByte(position + BigInt(i), byte);
    });
  }

  /** The data is mapped twice, one behind the other. */
  #setByte(position: bigint, byte: number): void {
    const offset = Number(position % BigInt(this.memory.size));
    this.#data.setUint8(offset, byte);
    this.#data.setUint8(offset + this.memory.size, byte);
  }
}
