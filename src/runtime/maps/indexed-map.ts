import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { readChunks, readElement } from "./chunks.ts";
import { indexWire, outside } from "./index-wire.ts";
import type { MappedElements } from "./mapped-elements.ts";
import { storeAll } from "./write-batches.ts";

/**
 * A map whose entries are numbered from 0, all there from the start: what arrays with one value and with a value for
 * each CPU have in common.
 */
export abstract class IndexedMap<V> extends BpfMap {
  readonly #cells: Cells<number, V>;

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), value);
  }

  /** The elements in memory, of arrays that are mapped. */
  protected get mapped(): MappedElements<V> | undefined {
    return undefined;
  }

  /** The number of elements. */
  get length(): number {
    return this.maxEntries;
  }

  /**
   * The element at `index`. With `BPF_F_LOCK` as `flags`, the value's `bpf_spin_lock` is held meanwhile.
   *
   * Throws a RangeError when the array has no such element.
   */
  get(index: number, flags = 0): V {
    const { mapped } = this;
    if (mapped !== undefined && flags === 0) return mapped.get(this.#checked(index));
    const value = this.#cells.get(index, flags);
    if (value === undefined) throw outside(index, this.name, this.length);
    return value;
  }

  /** Like `Array.at`: the element at `index`, from the end when it is negative; undefined outside of the array. */
  at(index: number): V | undefined {
    const place = index < 0 ? this.length + index : index;
    return Number.isInteger(place) && place >= 0 && place < this.length ? this.get(place) : undefined;
  }

  /**
   * Stores the element at `index`. With `BPF_F_LOCK` as `flags`, the value's `bpf_spin_lock` is held meanwhile.
   *
   * Throws a RangeError when the array has no such element; a RangeError or TypeError that names the field when the
   * value is none of this map's.
   */
  set(index: number, value: V, flags = 0): this {
    const { mapped } = this;
    if (mapped !== undefined && flags === 0) mapped.set(this.#checked(index), value);
    else this.#cells.set(index, value, flags);
    return this;
  }

  /** Stores many elements, by the hundred where the kernel can (Linux 5.6, with a value for each CPU 5.13). */
  setMany(entries: Iterable<readonly [index: number, value: V]>): this {
    const { mapped } = this;
    if (mapped === undefined) storeAll(this.#cells, entries);
    else for (const [index, value] of entries) mapped.set(this.#checked(index), value);
    return this;
  }

  /** Stores the same value in all elements. */
  fill(value: V): this {
    return this.setMany(this.#everywhere(value));
  }

  *entries(): Generator<[number, V], void> {
    let index = 0;
    for (const value of this.values()) yield [index++, value];
  }

  *keys(): Generator<number, void> {
    for (let index = 0; index < this.length; index++) yield index;
  }

  *values(): Generator<V, void> {
    const { mapped } = this;
    if (mapped !== undefined) {
      for (let index = 0; index < this.length; index++) yield mapped.get(index);
      return;
    }
    const { values: wire, source } = this.#cells;
    for (const { values, count } of readChunks(source)) {
      const memory = new Memory(values);
      for (let i = 0; i < count; i++) yield readElement(wire, memory, i);
    }
  }

  /** Calls `visit` with every element, as `Array.forEach` does; the fastest way through a long array. */
  forEach(visit: (value: V, index: number) => void): void {
    let index = 0;
    for (const value of this.values()) visit(value, index++);
  }

  [Symbol.iterator](): Generator<V, void> {
    return this.values();
  }

  *#everywhere(value: V): Generator<[number, V], void> {
    for (const index of this.keys()) yield [index, value];
  }

  #checked(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw outside(index, this.name, this.length);
    return index;
  }
}
