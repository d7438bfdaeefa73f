import type { Codec } from "../codec.ts";
import { possibleCpus } from "../kernel/cpus.ts";
import type { MapHandle } from "./bpf-map.ts";
import { KeyedMap } from "./keyed-map.ts";
import { perCpuCodec } from "./per-cpu-codec.ts";

/**
 * A hash map with a value for each CPU: `BPF_MAP_TYPE_PERCPU_HASH`, and the LRU kind.
 *
 * Values are arrays with one element for each possible CPU, those that are offline included; the index is the CPU.
 */
export class PerCpuHashMap<K, V> extends KeyedMap<K, V[]> {
  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    super(handle, key, perCpuCodec(value, possibleCpus()));
  }

  /**
   * The values of all CPUs for `key` as one, undefined when there is none. `merge` adds one to another; {@link sum}
   * does for numbers and bigints.
   *
   * @example
   * skel.maps.bytes_by_pid.merged(process.pid, sum); // 1234n
   */
  merged(key: K, merge: (total: V, value: V) => V): V | undefined {
    return this.get(key)?.reduce(merge);
  }

  /** {@link merged} of every entry. */
  *mergedEntries(merge: (total: V, value: V) => V): Generator<[K, V], void> {
    for (const [key, values] of this.entries()) yield [key, values.reduce(merge)];
  }
}
