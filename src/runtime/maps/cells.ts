import { Memory } from "../memory.ts";
import { MapCall } from "../sys/map-call.ts";
import { isUnsupported } from "../sys/map-failure.ts";
import { withPlace } from "../value-checks.ts";
import type { MapHandle } from "./bpf-map.ts";
import type { EntrySource } from "./chunks.ts";
import type { Wire } from "./wire.ts";

/**
 * The elements of one map in the kernel, one at a time: what the classes of all kinds are made of.
 *
 * `K` and `V` are given, `KeyOut` and `ValueOut` come back. A wrong key or value is a RangeError or TypeError that names
 * the map and the field.
 */
export class Cells<K, V, KeyOut = K, ValueOut = V> {
  readonly keys: Wire<K, KeyOut>;
  readonly values: Wire<V, ValueOut>;
  readonly #handle: MapHandle;
  #opened: { readonly call: MapCall; readonly memory: Memory } | undefined;

  /** Sizes of the wires are the kernel's: of per-CPU maps, that of all CPUs' values together. */
  constructor(handle: MapHandle, keys: Wire<K, KeyOut>, values: Wire<V, ValueOut>) {
    this.#handle = handle;
    this.keys = keys;
    this.values = values;
  }

  /** What reading many entries at once needs. */
  get source(): EntrySource {
    const { fd, maxEntries } = this.#handle;
    return { fd, maxEntries, keySize: this.keys.size, valueSize: this.values.size };
  }

  /** The value of `key`, undefined when there is none. */
  get(key: K, flags = 0): ValueOut | undefined {
    const { call, memory } = this.#open();
    this.#putKey(call, memory, key);
    return call.lookup(flags) ? this.#takeValue(call, memory) : undefined;
  }

  has(key: K): boolean {
    const { call, memory } = this.#open();
    this.#putKey(call, memory, key);
    return call.lookup(0);
  }

  set(key: K, value: V, flags = 0): void {
    const { call, memory } = this.#open();
    this.#putKey(call, memory, key);
    this.#putValue(call, memory, value);
    call.update(flags);
  }

  /** False when there is no such key. */
  delete(key: K): boolean {
    const { call, memory } = this.#open();
    this.#putKey(call, memory, key);
    return call.remove();
  }

  /**
   * Removes `key` and returns its value, undefined when there is none. Where the kernel has no operation for that (hash
   * maps before Linux 5.14, tries) in two steps: what is stored in between is lost.
   */
  take(key: K): ValueOut | undefined {
    const { call, memory } = this.#open();
    this.#putKey(call, memory, key);
    if (!takeOrRemove(call)) return undefined;
    return this.#takeValue(call, memory);
  }

  /** Stores a value in a map without keys. */
  push(value: V, flags: number): void {
    const { call, memory } = this.#open();
    this.#putValue(call, memory, value);
    call.update(flags);
  }

  /** The next value of a map without keys, undefined when it is empty. */
  next(remove: boolean): ValueOut | undefined {
    const { call, memory } = this.#open();
    return (remove ? call.take(0) : call.lookup(0)) ? this.#takeValue(call, memory) : undefined;
  }

  /** Whether a map without keys knows a value. */
  knows(value: V): boolean {
    const { call, memory } = this.#open();
    this.#putValue(call, memory, value);
    return call.lookup(0);
  }

  /** Made at the first use: values of many maps that are never read can be large. */
  #open(): { readonly call: MapCall; readonly memory: Memory } {
    if (this.#opened !== undefined) return this.#opened;
    const call = new MapCall(this.#handle.fd, this.keys.size, this.values.size);
    return (this.#opened = { call, memory: new Memory(call.bytes) });
  }

  #putKey(call: MapCall, memory: Memory, key: K): void {
    try {
      memory.end = call.keyAt + this.keys.size;
      this.keys.write(memory, call.keyAt, key);
    } catch (error) {
      throw withPlace(error, `key of ${this.#handle.fd.what}`);
    }
  }

  #putValue(call: MapCall, memory: Memory, value: V): void {
    try {
      memory.end = call.valueAt + this.values.size;
      this.values.write(memory, call.valueAt, value);
    } catch (error) {
      throw withPlace(error, `value of ${this.#handle.fd.what}`);
    }
  }

  #takeValue(call: MapCall, memory: Memory): ValueOut {
    memory.end = call.valueAt + this.values.size;
    return this.values.read(memory, call.valueAt);
  }
}

function takeOrRemove(call: MapCall): boolean {
  try {
    return call.take(0);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return call.lookup(0) && call.remove();
  }
}

/** The keys of maps without keys, and the values of maps whose values can't be read. */
export const nothing: Wire<undefined> = {
  size: 0,
  read: () => undefined,
  write: () => undefined,
};
