/** How much of a ring is used. */
export interface RingUsage {
  /** Of the ring, in bytes. */
  readonly size: number;
  /** Bytes that were written and are not read yet, with the headers and padding of records. */
  readonly pending: number;
  /** Bytes that were ever written. */
  readonly producerPosition: bigint;
  /** Bytes that were ever read. */
  readonly consumerPosition: bigint;
}

export function ringUsage(size: number, written: bigint, read: bigint): RingUsage {
  return { size, pending: Number(written - read), producerPosition: written, consumerPosition: read };
}
