import { KernelError } from "../errors.ts";
import { Memory } from "../memory.ts";
import { ENOSPC } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { readBatch, type BatchRead } from "../sys/map-batch.ts";
import { isUnsupported } from "../sys/map-failure.ts";
import { mapDelete, mapLookup, mapNextKey } from "../sys/map-ops.ts";
import type { Wire } from "./wire.ts";

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
export function readElement<T>(wire: Wire<never, T>, from: Memory, index: number): T {
  const at = index * wire.size;
  from.end = at + wire.size;
  return wire.read(from, at);
}

/** Enough to make the cost of the system calls small. */
const entriesPerChunk = 1024;
const bytesPerChunk = 1024 * 1024;

/** Reads all entries, many at a time where the kernel can, else one by one; with `remove` takes them out of the map. */
export function* readChunks(source: EntrySource, remove = false): Generator<Chunk, void> {
  const batches = readBatches(source, remove);
  let first: IteratorResult<Chunk, void>;
  try {
    first = batches.next();
  } catch (error) {
    // Before Linux 5.6 there are no batches, and not for every kind of map after it.
    if (!isUnsupported(error)) throw error;
    yield* walkKeys(source, remove);
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
function* readBatches(source: EntrySource, remove: boolean): Generator<Chunk, void> {
  let chunk = newChunk(source, chunkSize(source));
  let from: Uint8Array | undefined;
  let next: Uint8Array = new Uint8Array(Math.max(4, source.keySize));
  for (;;) {
    let read: BatchRead;
    try {
      read = readBatch(source.fd, { from, next, keys: chunk.keys, values: chunk.values, room: chunk.count }, remove);
    } catch (error) {
      if (!isFullBucket(error) || chunk.count >= source.maxEntries) throw error;
      chunk = newChunk(source, chunk.count * 2);
      continue;
    }
    if (read.count > 0) yield { ...chunk, count: read.count };
    if (read.done) return;
    [from, next] = [next, from ?? new Uint8Array(next.length)];
  }
}

/**
 * Reads entries with BPF_MAP_GET_NEXT_KEY, for kernels and kinds of map that have no batches, and for tries, whose
 * batches start over when the key to go on from is gone.
 *
 * When the key to go on from has been deleted, the kernel starts over with the first one (`htab_map_get_next_key`).
 * Keys that were seen are then passed over, so that no entry comes twice. An end is certain: after twice as many
 * entries as the map can hold, and after as many steps without a new one.
 */
export function* walkKeys(source: EntrySource, remove = false): Generator<Chunk, void> {
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
    if (seen.has(id) || !readOne(source.fd, chunk, remove)) continue;
    seen.add(id);
    idle = 0;
    yield chunk;
  }
}

/** False when somebody else has deleted it. */
function readOne(fd: Fd, { keys, values }: Chunk, remove: boolean): boolean {
  return mapLookup(fd, keys, values) && (!remove || mapDelete(fd, keys));
}

/**
 * The keys alone, of maps whose values can't be read. Each once, also when the kernel starts over because one was
 * deleted; and an end is certain, as in {@link walkKeys}.
 */
export function listedKeys<K>({ fd, keySize, maxEntries }: EntrySource, wire: Wire<never, K>): K[] {
  const seen = new Map<string, Uint8Array>();
  let key: Uint8Array | undefined;
  for (let steps = 0; steps < maxEntries * 2; steps++) {
    const next = new Uint8Array(keySize);
    if (!mapNextKey(fd, key, next)) break;
    seen.set(Buffer.from(next).toString("latin1"), next);
    key = next;
  }
  return Array.from(seen.values(), (bytes) => wire.read(new Memory(bytes), 0));
}

/** How many entries are worth one system call. */
export function chunkSize({ keySize, valueSize, maxEntries }: Omit<EntrySource, "fd">): number {
  const thatFit = Math.floor(bytesPerChunk / (keySize + valueSize));
  return Math.max(1, Math.min(maxEntries, entriesPerChunk, thatFit));
}

export function newChunk({ keySize, valueSize }: Omit<EntrySource, "fd" | "maxEntries">, count: number): Chunk {
  return { keys: new Uint8Array(keySize * count), values: new Uint8Array(valueSize * count), count };
}

/** A hash bucket holds more entries than there is room for. */
function isFullBucket(error: unknown): boolean {
  return error instanceof KernelError && error.errno === ENOSPC;
}
