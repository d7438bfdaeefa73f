import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import type { Fd } from "../sys/fd.ts";
import { mapLookup, mapUpdate } from "../sys/map-ops.ts";
import { show } from "../value-checks.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { readChunks, readElement } from "./chunks.ts";
import { Slot } from "./slot.ts";

/**
 * A map whose entries are numbered from 0, all there from the start: what arrays with one value and with a value for
 * each CPU have in common. Every call is a system call.
 */
export abstract class IndexedMap<V> extends BpfMap {
  readonly #fd: Fd;
  readonly #values: Codec<V>;
  readonly #value: Slot<V>;
  readonly #index: Uint32Array = new Uint32Array(1);
  /** The same memory as `#index`. */
  readonly #indexBytes: Uint8Array = new Uint8Array(this.#index.buffer);

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#fd = handle.fd;
    this.#values = value;
    this.#value = new Slot(value, `value of map "${handle.name}"`);
  }

  /** The number of elements. */
  get length(): number {
    return this.maxEntries;
  }

  /** The element at `index`. Throws a RangeError when the array has no such element. */
  get(index: number): V {
    this.#read(index);
    return this.#value.take();
  }

  /** Like `Array.at`: the element at `index`, from the end when it is negative; undefined outside of the array. */
  at(index: number): V | undefined {
    const place = index < 0 ? this.length + index : index;
    return Number.isInteger(place) && place >= 0 && place < this.length ? this.get(place) : undefined;
  }

  /** Stores the element at `index`. Throws a RangeError when the array has no such element. */
  set(index: number, value: V): this {
    const key = this.#key(index);
    mapUpdate(this.#fd, key, this.#value.put(value));
    return this;
  }

  *entries(): Generator<[number, V], void> {
    const { keySize, maxEntries } = this;
    let index = 0;
    for (const { values, count } of readChunks({ fd: this.#fd, keySize, valueSize: this.#values.size, maxEntries })) {
      const memory = new Memory(values);
      for (let i = 0; i < count; i++) yield [index++, readElement(this.#values, memory, i)];
    }
  }

  *values(): Generator<V, void> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<V, void> {
    return this.values();
  }

  #read(index: number): void {
    const key = this.#key(index);
    if (!mapLookup(this.#fd, key, this.#value.bytes)) throw this.#outside(index);
  }

  #key(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw this.#outside(index);
    this.#index[0] = index;
    return this.#indexBytes;
  }

  #outside(index: unknown): RangeError {
    return new RangeError(`index ${show(index)} is outside of map "${this.name}", which has ${this.length} elements`);
  }
}
