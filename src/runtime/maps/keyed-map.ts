import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import type { Fd } from "../sys/fd.ts";
import { mapDelete, mapLookup, mapUpdate } from "../sys/map-ops.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { readChunks, readElement, type Chunk } from "./chunks.ts";
import { Slot } from "./slot.ts";

/**
 * A map whose entries are found by key, used like JavaScript's `Map`: what hash maps with one value and with a value
 * for each CPU have in common.
 *
 * Every call is a system call, and programs in the kernel change the map at the same time. A loop reads entries by the
 * hundred: one that is changed or deleted during the loop may be seen as it was when it was read.
 */
export abstract class KeyedMap<K, V> extends BpfMap {
  readonly #fd: Fd;
  readonly #keys: Codec<K>;
  readonly #values: Codec<V>;
  readonly #key: Slot<K>;
  readonly #value: Slot<V>;

  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    super(handle);
    this.#fd = handle.fd;
    this.#keys = key;
    this.#values = value;
    this.#key = new Slot(key, `key of map "${handle.name}"`);
    this.#value = new Slot(value, `value of map "${handle.name}"`);
  }

  /** The value of `key`, undefined when there is none. */
  get(key: K): V | undefined {
    return mapLookup(this.#fd, this.#key.put(key), this.#value.bytes) ? this.#value.take() : undefined;
  }

  has(key: K): boolean {
    return mapLookup(this.#fd, this.#key.put(key), this.#value.bytes);
  }

  /** Stores a value, in the place of an old one. Throws a {@link KernelError} with errno E2BIG when the map is full. */
  set(key: K, value: V): this {
    mapUpdate(this.#fd, this.#key.put(key), this.#value.put(value));
    return this;
  }

  /** Removes an entry; false when there was none. */
  delete(key: K): boolean {
    return mapDelete(this.#fd, this.#key.put(key));
  }

  /** Removes all entries that are there now. */
  clear(): void {
    const all: Uint8Array[] = [];
    // First all keys, then all deletions: old kernels start over when the key that they go on from is gone.
    for (const { keys, count } of this.#chunks())
      for (let i = 0; i < count; i++) all.push(keys.slice(i * this.keySize, (i + 1) * this.keySize));
    for (const key of all) mapDelete(this.#fd, key);
  }

  /** The number of entries, counted by reading them. */
  get size(): number {
    let size = 0;
    for (const { count } of this.#chunks()) size += count;
    return size;
  }

  *entries(): Generator<[K, V], void> {
    for (const { keys, values, count } of this.#chunks()) {
      const keyMemory = new Memory(keys);
      const valueMemory = new Memory(values);
      for (let i = 0; i < count; i++)
        yield [readElement(this.#keys, keyMemory, i), readElement(this.#values, valueMemory, i)];
    }
  }

  *keys(): Generator<K, void> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, void> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[K, V], void> {
    return this.entries();
  }

  #chunks(): Generator<Chunk, void> {
    const { keySize, maxEntries } = this;
    return readChunks({ fd: this.#fd, keySize, valueSize: this.#values.size, maxEntries });
  }
}
