import type { Codec } from "../codec.ts";
import { possibleCpus } from "../kernel/cpus.ts";
import type { MapHandle } from "./bpf-map.ts";
import { IndexedMap } from "./indexed-map.ts";
import { perCpuCodec } from "./per-cpu-codec.ts";

/**
 * An array with a value for each CPU: `BPF_MAP_TYPE_PERCPU_ARRAY`.
 *
 * Elements are arrays with one value for each possible CPU, those that are offline included; the index is the CPU.
 */
export class PerCpuArrayMap<V> extends IndexedMap<V[]> {
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle, perCpuCodec(value, possibleCpus()));
  }

  /**
   * The values of all CPUs at `index` as one. `merge` adds one to another; {@link sum} does for numbers and bigints.
   *
   * @example
   * skel.maps.packets.merged(0, sum); // 1234n
   */
  merged(index: number, merge: (total: V, value: V) => V): V {
    return this.get(index).reduce(merge);
  }

  /** {@link merged} of every element, in order. */
  *mergedValues(merge: (total: V, value: V) => V): Generator<V, void> {
    for (const values of this.values()) yield values.reduce(merge);
  }
}
