import { CoreGenError } from "../../errors.ts";
import type { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapMemory, type Mapping, type MappingOptions } from "../sys/mmap.ts";
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
  return mapBoth(fd, size, "consumer");
}

/** Maps a user ring buffer (`ringbuf_map_mmap_user`): the same, with the producer's page and the data to be written. */
export function mapUserRing(fd: Fd, size: number): MappedRing {
  return mapBoth(fd, size, "producer");
}

function mapBoth(fd: Fd, size: number, side: "consumer" | "producer"): MappedRing {
  const what = fd.what;
  if (size > largestRing)
    throw new CoreGenError("unsupported", `${what}: a ring buffer of ${size} bytes can't be mapped, 1 GiB is the most`);
  const page = libc().pageSize;
  const writable = side === "consumer";
  const consumer = mapMemory(fd, { length: page, offset: 0, writable, what: `the position of ${what}` });
  const producer = mapProducer(fd, { length: page + 2 * size, offset: page, writable: !writable }, consumer);
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

function mapProducer(fd: Fd, place: Omit<MappingOptions, "what">, consumer: Mapping): Mapping {
  try {
    return mapMemory(fd, { ...place, what: `the records of ${fd.what}` });
  } catch (error) {
    consumer.close();
    throw error;
  }
}
