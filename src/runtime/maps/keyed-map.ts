import { Memory } from "../memory.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { readChunks, readElement, walkKeys, type Chunk } from "./chunks.ts";
import type { Wire } from "./wire.ts";
import { deleteAll, storeAll } from "./write-batches.ts";

/**
 * A map whose entries are found by key, used like JavaScript's `Map`: what hash maps with one value and with a value
 * for each CPU, and tries, have in common. Keys are given as `K`, and come back as `KeyOut`.
 *
 * Every call is a system call, and programs in the kernel change the map at the same time. A loop reads entries by the
 * hundred: one that is changed or deleted during the loop may be seen as it was when it was read. Deleting during a
 * loop is fine: no entry comes twice, none that stays is left out, and the loop ends even if entries are added without
 * end.
 */
export abstract class KeyedMap<K, V, KeyOut = K> extends BpfMap {
  readonly #cells: Cells<K, V, KeyOut>;
  readonly #batches: boolean;

  /** `batches` is false for kinds whose batches start over when a key was deleted. */
  constructor(handle: MapHandle, key: Wire<K, KeyOut>, value: Wire<V>, batches = true) {
    super(handle);
    this.#cells = new Cells(handle, key, value);
    this.#batches = batches;
  }

  /**
   * The value of `key`, undefined when there is none. With `BPF_F_LOCK` as `flags`, the value's `bpf_spin_lock` is held
   * meanwhile (Linux 5.1).
   */
  get(key: K, flags?: number): V | undefined {
    return this.#cells.get(key, flags);
  }

  has(key: K): boolean {
    return this.#cells.has(key);
  }

  /**
   * Stores a value, in the place of an old one. `flags`: `BPF_NOEXIST` only creates, `BPF_EXIST` only replaces, and
   * `BPF_F_LOCK` holds the value's `bpf_spin_lock` meanwhile.
   *
   * Throws a {@link KernelError} with errno E2BIG when the map is full, with EEXIST or ENOENT when `flags` forbid it; a
   * RangeError or TypeError that names the field when the key or the value is none of this map's.
   */
  set(key: K, value: V, flags?: number): this {
    this.#cells.set(key, value, flags);
    return this;
  }

  /** Removes an entry; false when there was none. */
  delete(key: K): boolean {
    return this.#cells.delete(key);
  }

  /**
   * Removes an entry and returns its value, undefined when there was none (BPF_MAP_LOOKUP_AND_DELETE_ELEM). Hash maps
   * have it since Linux 5.14, and tries don't: there it is two steps, and what a program stores in between is lost.
   */
  take(key: K): V | undefined {
    return this.#cells.take(key);
  }

  /**
   * Stores many entries, by the hundred where the kernel can (Linux 5.6). Throws what `set` throws; the entries before
   * the wrong one are stored then.
   */
  setMany(entries: Iterable<readonly [K, V]>): this {
    storeAll(this.#cells, entries);
    return this;
  }

  /** Removes many entries, by the hundred where the kernel can (Linux 5.6). Returns how many were there. */
  deleteMany(keys: Iterable<K>): number {
    return deleteAll(this.#cells, keys);
  }

  /**
   * Takes all entries out of the map and returns them: each is read and removed in one step where the kernel can (hash
   * maps since Linux 5.6), so that nothing that programs count gets lost.
   */
  drain(): [KeyOut, V][] {
    return [...this.#read(true)];
  }

  /** Removes all entries that are there now. */
  clear(): void {
    const chunks = this.#chunks(true);
    while (chunks.next().done !== true);
  }

  /** The number of entries, counted by reading them. */
  get size(): number {
    let size = 0;
    for (const { count } of this.#chunks()) size += count;
    return size;
  }

  entries(): Generator<[KeyOut, V], void> {
    return this.#read(false);
  }

  *keys(): Generator<KeyOut, void> {
    const { keys: wire } = this.#cells;
    for (const { keys, count } of this.#chunks()) {
      const memory = new Memory(keys);
      for (let i = 0; i < count; i++) yield readElement(wire, memory, i);
    }
  }

  *values(): Generator<V, void> {
    const { values: wire } = this.#cells;
    for (const { values, count } of this.#chunks()) {
      const memory = new Memory(values);
      for (let i = 0; i < count; i++) yield readElement(wire, memory, i);
    }
  }

  /** Calls `visit` with every entry, as `Map.forEach` does; the fastest way through a large map. */
  forEach(visit: (value: V, key: KeyOut) => void): void {
    const { keys: keyWire, values: valueWire } = this.#cells;
    for (const { keys, values, count } of this.#chunks()) {
      const keyMemory = new Memory(keys);
      const valueMemory = new Memory(values);
      for (let i = 0; i < count; i++) visit(readElement(valueWire, valueMemory, i), readElement(keyWire, keyMemory, i));
    }
  }

  [Symbol.iterator](): Generator<[KeyOut, V], void> {
    return this.entries();
  }

  *#read(remove: boolean): Generator<[KeyOut, V], void> {
    const { keys: keyWire, values: valueWire } = this.#cells;
    for (const { keys, values, count } of this.#chunks(remove)) {
      const keyMemory = new Memory(keys);
      const valueMemory = new Memory(values);
      for (let i = 0; i < count; i++)
        yield [readElement(keyWire, keyMemory, i), readElement(valueWire, valueMemory, i)];
    }
  }

  #chunks(remove = false): Generator<Chunk, void> {
    const { source } = this.#cells;
    return this.#batches ? readChunks(source, remove) : walkKeys(source, remove);
  }
}
