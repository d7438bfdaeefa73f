/** What is in front of each record of a ring buffer and each sample of a user ring buffer (`struct bpf_ringbuf_hdr`), in bytes. */
export const headerSize = 8;
/** BPF_RINGBUF_BUSY_BIT: reserved, and not yet submitted. */
export const busyBit: number = 0x80000000 | 0;
/** BPF_RINGBUF_DISCARD_BIT: to be passed over. */
export const discardBit = 0x40000000;

/** What `size` bytes take up in the ring, with their header. */
export function roomOf(size: number): number {
  return (size + headerSize + 7) & ~7;
}
