import { Memory } from "../memory.ts";
import { BPF_MAP_DELETE_BATCH, BPF_MAP_UPDATE_BATCH } from "../sys/bpf.ts";
import { ENOENT } from "../sys/errno.ts";
import { deleteBatch, updateBatch, type BatchWritten } from "../sys/map-batch.ts";
import { isUnsupportedErrno, mapFailure } from "../sys/map-failure.ts";
import { mapDelete, mapUpdate } from "../sys/map-ops.ts";
import { withPlace } from "../value-checks.ts";
import type { Cells } from "./cells.ts";
import { chunkSize, newChunk, type Chunk, type EntrySource } from "./chunks.ts";

/**
 * Stores entries with BPF_MAP_UPDATE_BATCH (Linux 5.6), else one by one, and returns how many. Entries are checked as
 * they come; those before one that is refused, by its codec or by the kernel, are stored.
 */
export function storeAll<K, V>(cells: Cells<K, V, unknown, unknown>, entries: Iterable<readonly [K, V]>): number {
  const { source } = cells;
  const chunk = newChunk(source, chunkSize(source));
  const writer = new ChunkWriter(cells, chunk);
  let stored = 0;
  const flush = (): void => {
    const { filled } = writer;
    writer.filled = 0;
    storeChunk(source, chunk, filled);
    stored += filled;
  };
  try {
    for (const [key, value] of entries) {
      writer.add(key, value);
      if (writer.filled === chunk.count) flush();
    }
  } finally {
    if (writer.filled > 0) flush();
  }
  return stored;
}

/** Removes keys with BPF_MAP_DELETE_BATCH (Linux 5.6), else one by one, and returns how many were there. */
export function deleteAll<K>(cells: Cells<K, never, unknown, unknown>, keys: Iterable<K>): number {
  const { source } = cells;
  const chunk = newChunk({ ...source, valueSize: 0 }, chunkSize(source));
  const writer = new ChunkWriter(cells, chunk);
  let deleted = 0;
  for (const key of keys) {
    writer.addKey(key);
    if (writer.filled < chunk.count) continue;
    deleted += deleteChunk(source, chunk.keys, writer.filled);
    writer.filled = 0;
  }
  return deleted + deleteChunk(source, chunk.keys, writer.filled);
}

/** Fills a chunk. */
class ChunkWriter<K, V> {
  filled = 0;
  readonly #cells: Cells<K, V, unknown, unknown>;
  readonly #keys: Memory;
  readonly #values: Memory;

  constructor(cells: Cells<K, V, unknown, unknown>, chunk: Chunk) {
    this.#cells = cells;
    this.#keys = new Memory(chunk.keys);
    this.#values = new Memory(chunk.values);
  }

  add(key: K, value: V): void {
    const { values, source } = this.#cells;
    const at = this.filled * values.size;
    this.#values.end = at + values.size;
    try {
      values.write(this.#values, at, value);
    } catch (error) {
      throw withPlace(error, `value of ${source.fd.what}`);
    }
    this.addKey(key);
  }

  addKey(key: K): void {
    const { keys, source } = this.#cells;
    const at = this.filled * keys.size;
    this.#keys.end = at + keys.size;
    try {
      keys.write(this.#keys, at, key);
    } catch (error) {
      throw withPlace(error, `key of ${source.fd.what}`);
    }
    this.filled++;
  }
}

function storeChunk({ fd, keySize, valueSize }: EntrySource, { keys, values }: Chunk, count: number): void {
  const { count: done, errno } = updateBatch(fd, keys, values, count);
  if (errno === 0) return;
  if (!isRefusedAsAWhole({ count: done, errno })) throw mapFailure(BPF_MAP_UPDATE_BATCH, fd, errno);
  for (let i = 0; i < count; i++) mapUpdate(fd, elementAt(keys, keySize, i), elementAt(values, valueSize, i));
}

function deleteChunk({ fd, keySize }: EntrySource, keys: Uint8Array, count: number): number {
  let deleted = 0;
  for (let from = 0; from < count;) {
    const { count: done, errno } = deleteBatch(fd, keys.subarray(from * keySize), count - from);
    deleted += done;
    from += done;
    if (errno === 0) return deleted;
    if (isRefusedAsAWhole({ count: done, errno })) return deleted + deleteOneByOne(fd, keys, keySize, from, count);
    if (errno !== ENOENT) throw mapFailure(BPF_MAP_DELETE_BATCH, fd, errno);
    // The key where it stopped is not there.
    from++;
  }
  return deleted;
}

function deleteOneByOne(fd: EntrySource["fd"], keys: Uint8Array, keySize: number, from: number, to: number): number {
  let deleted = 0;
  for (let i = from; i < to; i++) if (mapDelete(fd, elementAt(keys, keySize, i))) deleted++;
  return deleted;
}

/** The kernel has no such operation, or one entry alone would be refused in the same way. */
function isRefusedAsAWhole({ count, errno }: BatchWritten): boolean {
  return count === 0 && isUnsupportedErrno(errno);
}

function elementAt(bytes: Uint8Array, size: number, index: number): Uint8Array {
  return bytes.subarray(index * size, (index + 1) * size);
}
