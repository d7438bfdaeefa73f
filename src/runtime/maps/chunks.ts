import type { Codec } from "../codec.ts";
import { KernelError } from "../errors.ts";
import { EINVAL, ENOSPC, ENOTSUPP } from "../sys/errno.ts";
import type { Memory } from "../memory.ts";
import type { Fd } from "../sys/fd.ts";
import { mapLookup, mapLookupBatch, mapNextKey } from "../sys/map-ops.ts";

/** A map whose entries are read. Sizes are those of the kernel's buffers: a value of all CPUs for per-CPU maps. */
export interface EntrySource {
  readonly fd: Fd;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** Some entries, one after another; valid until the next chunk is asked for. */
export interface Chunk {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/** The `index`-th of the values that lie one after another in a chunk. */
export function readElement<T>(codec: Codec<T>, from: Memory, index: number): T {
  const at = index * codec.size;
  from.end = at + codec.size;
  return codec.read(from, at);
}

/** Enough to make the cost of the system calls small. */
const entriesPerChunk = 1024;
const bytesPerChunk = 1024 * 1024;

/** Reads all entries, many at a time where the kernel can, else one by one. */
export function* readChunks(source: EntrySource): Generator<Chunk, void> {
  const batches = readBatches(source);
  let first: IteratorResult<Chunk, void>;
  try {
    first = batches.next();
  } catch (error) {
    if (!isUnsupportedBatch(error)) throw error;
    yield* walkKeys(source);
    return;
  }
  if (first.done === true) return;
  yield first.value;
  yield* batches;
}

/**
 * Reads entries with BPF_MAP_LOOKUP_BATCH.
 *
 * Of hash maps the kernel reads whole buckets and remembers the next one, so entries that come and go meanwhile
 * neither repeat nor hide others.
 */
function* readBatches(source: EntrySource): Generator<Chunk, void> {
  let chunk = newChunk(source, chunkSize(source));
  let position: Uint8Array | undefined;
  let spare: Uint8Array = new Uint8Array(Math.max(4, source.keySize));
  for (;;) {
    const next = spare;
    let read: { count: number; done: boolean };
    try {
      read = mapLookupBatch(source.fd, position, next, chunk.keys, chunk.values, chunk.count);
    } catch (error) {
      if (!isFullBucket(error) || chunk.count >= source.maxEntries) throw error;
      chunk = newChunk(source, chunk.count * 2);
      continue;
    }
    if (read.count > 0) yield { ...chunk, count: read.count };
    if (read.done) return;
    spare = position ?? new Uint8Array(next.length);
    position = next;
  }
}

/**
 * Reads entries with BPF_MAP_GET_NEXT_KEY, for kernels that have no batches.
 *
 * When the key to go on from has been deleted, the kernel starts over with the first one (`htab_map_get_next_key`).
 * Keys that were seen are then passed over, so that no entry comes twice. An end is certain: after twice as many
 * entries as the map can hold, and after as many steps without a new one.
 */
export function* walkKeys(source: EntrySource): Generator<Chunk, void> {
  const limit = source.maxEntries * 2;
  const seen = new Set<string>();
  const chunk = newChunk(source, 1);
  let next = new Uint8Array(source.keySize);
  let more = mapNextKey(source.fd, undefined, next);
  for (let idle = 0; more && idle < limit && seen.size < limit; idle++) {
    chunk.keys.set(next);
    // The step is made before the entry is handed out: it may be deleted before the generator goes on.
    const following = new Uint8Array(source.keySize);
    more = mapNextKey(source.fd, chunk.keys, following);
    next = following;
    const id = Buffer.from(chunk.keys).toString("latin1");
    if (seen.has(id) || !mapLookup(source.fd, chunk.keys, chunk.values)) continue;
    seen.add(id);
    idle = 0;
    yield chunk;
  }
}

function chunkSize({ keySize, valueSize, maxEntries }: EntrySource): number {
  const thatFit = Math.floor(bytesPerChunk / (keySize + valueSize));
  return Math.max(1, Math.min(maxEntries, entriesPerChunk, thatFit));
}

function newChunk({ keySize, valueSize }: EntrySource, count: number): Chunk {
  return { keys: new Uint8Array(keySize * count), values: new Uint8Array(valueSize * count), count };
}

/** The kernel has no batches (before 5.6), or not for this kind of map. */
function isUnsupportedBatch(error: unknown): boolean {
  return error instanceof KernelError && (error.errno === EINVAL || error.errno === ENOTSUPP);
}

/** A hash bucket holds more entries than there is room for. */
function isFullBucket(error: unknown): boolean {
  return error instanceof KernelError && error.errno === ENOSPC;
}
