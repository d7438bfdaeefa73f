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
}
