import {
  Attr,
  bpf,
  BPF_MAP_DELETE_BATCH,
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_UPDATE_BATCH,
} from "./bpf.ts";
import { EINTR, ENOENT } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { mapFailure } from "./map-failure.ts";

/** Where entries are read to, and from where on. */
export interface BatchBuffers {
  /** What the last call wrote to `next`; undefined for the first entry. */
  readonly from: Uint8Array | undefined;
  /** Receives where to go on. As long as a key, and at least 4 bytes. */
  readonly next: Uint8Array;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  /** For how many entries `keys` and `values` have room. */
  readonly room: number;
}

/** What a batch has done. */
export interface BatchRead {
  /** How many entries are in the buffers. */
  readonly count: number;
  /** Whether the end was reached. */
  readonly done: boolean;
}

/**
 * Copies entries one after another, and with `remove` takes them out of the map.
 *
 * Throws a {@link KernelError}: with ENOSPC when a hash bucket has more entries than there is room for, with EINVAL or
 * ENOTSUPP when the kernel has no such operation for this kind of map (hash maps since Linux 5.6, per-CPU arrays since
 * 5.13).
 */
export function readBatch(fd: Fd, buffers: BatchBuffers, remove: boolean): BatchRead {
  const command = remove ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH;
  const attr = batchAttr(fd, buffers.keys, buffers.values, buffers.room)
    .pointer(0, buffers.from ?? NOTHING)
    .pointer(8, buffers.next);
  const result = bpf(command, attr);
  const count = attr.getU32(COUNT_AT);
  // At the end of the map there is an error, and what was left is copied all the same. Before 6.15, EINTR says that an
  // entry was gone each time that it was to be read (`generic_map_lookup_batch`): what came before it is copied.
  const isPart = result === -ENOENT || (result === -EINTR && count > 0);
  if (result < 0 && !isPart) throw mapFailure(command, fd, -result);
  return { count, done: result === -ENOENT };
}

/** How far a batch got: `count` entries are done, and the error number of the next one, 0 for none. */
export interface BatchWritten {
  readonly count: number;
  readonly errno: number;
}

/** Stores `count` entries, in their order, up to the first that the kernel refuses. */
export function updateBatch(fd: Fd, keys: Uint8Array, values: Uint8Array, count: number): BatchWritten {
  return writeBatch(BPF_MAP_UPDATE_BATCH, batchAttr(fd, keys, values, count), count);
}

/** Removes `count` keys, in their order, up to the first that is not there. */
export function deleteBatch(fd: Fd, keys: Uint8Array, count: number): BatchWritten {
  return writeBatch(BPF_MAP_DELETE_BATCH, batchAttr(fd, keys, NOTHING, count), count);
}

const NOTHING: Uint8Array = new Uint8Array();
const ATTR_SIZE = 56;
const COUNT_AT = 32;

function batchAttr(fd: Fd, keys: Uint8Array, values: Uint8Array, count: number): Attr {
  return new Attr(ATTR_SIZE).pointer(16, keys).pointer(24, values).u32(COUNT_AT, count).u32(36, fd.number);
}

function writeBatch(command: number, attr: Attr, count: number): BatchWritten {
  const result = bpf(command, attr);
  if (result >= 0) return { count, errno: 0 };
  const done = attr.getU32(COUNT_AT);
  // A kernel without the operation has not touched the count.
  return { count: done < count ? done : 0, errno: -result };
}
