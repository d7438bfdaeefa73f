import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells, nothing } from "./cells.ts";

/** A map without keys, from which elements are taken in an order of its own: what queues and stacks have in common. */
export abstract class PushedMap<V> extends BpfMap {
  readonly #cells: Cells<undefined, V>;

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#cells = new Cells(handle, nothing, value);
  }

  /**
   * Adds an element. With `BPF_EXIST` as `flags`, the oldest one gives way when the map is full; else a
   * {@link KernelError} with errno E2BIG is thrown then.
   */
  push(value: V, flags = 0): this {
    this.#cells.push(value, flags);
    return this;
  }

  /** Takes the next element out, undefined when there is none. */
  pop(): V | undefined {
    return this.#cells.next(true);
  }

  /** The next element, which stays; undefined when there is none. */
  peek(): V | undefined {
    return this.#cells.next(false);
  }

  /** Takes all elements out, in their order. Not more than the map can hold, even if programs go on pushing. */
  drain(): V[] {
    const all: V[] = [];
    while (all.length < this.maxEntries) {
      const value = this.pop();
      if (value === undefined) break;
      all.push(value);
    }
    return all;
  }
}
