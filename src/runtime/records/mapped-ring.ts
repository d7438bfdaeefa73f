import { CoreGenError } from "../../errors.ts";
import type { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapMemory, type Mapping } from "../sys/mmap.ts";
import type { RingMemory } from "./ring-cursor.ts";

/** A {@link RingMemory} that is mapped into this process. */
export interface MappedRing extends RingMemory {
  close(): void;
}

/** Offsets into a ring are int32 in {@link RingCursor}. */
const largestRing = 2 ** 30;

/**
 * Maps the ring buffer of `size` bytes (`ringbuf_map_mmap_kern` in kernel/bpf/ringbuf.c): at 0 the consumer's page, and
 * read-only the producer's page with the data behind it, twice.
 */
export function mapRing(fd: Fd, size: number): MappedRing {
  const what = fd.what;
  if (size > largestRing)
    throw new CoreGenError("unsupported", `${what}: a ring buffer of ${size} bytes can't be read, 1 GiB is the most`);
  const page = libc().pageSize;
  const consumer = mapMemory(fd, { length: page, offset: 0, writable: true, what: `the position of ${what}` });
  const producer = mapProducer(fd, page, size, consumer);
  return {
    what,
    consumer: consumer.bytes,
    producer: producer.bytes.subarray(0, page),
    data: producer.bytes.subarray(page),
    size,
    close: () => {
      producer.close();
      consumer.close();
    },
  };
}

function mapProducer(fd: Fd, page: number, size: number, consumer: Mapping): Mapping {
  try {
    return mapMemory(fd, { length: page + 2 * size, offset: page, writable: false, what: `the records of ${fd.what}` });
  } catch (error) {
    consumer.close();
    throw error;
  }
}
