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
}
