import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells, nothing } from "./cells.ts";

/**
 * A set that may be wrong about what is in it, and is never wrong about what isn't: `BPF_MAP_TYPE_BLOOM_FILTER` (Linux
 * 5.16). Nothing can be taken out of it, and it can't be listed.
 */
export class BloomFilterMap<V> extends BpfMap {
  readonly #cells: Cells<undefined, V>;

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#cells = new Cells(handle, nothing, value);
  }

  add(value: V): this {
    this.#cells.push(value, 0);
    return this;
  }

  /** False when the value was never added; true when it was, and now and then when it wasn't. */
  has(value: V): boolean {
    return this.#cells.knows(value);
  }
}
