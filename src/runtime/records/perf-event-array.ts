import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "../maps/bpf-map.ts";

/** A perf event array: `BPF_MAP_TYPE_PERF_EVENT_ARRAY`. Its facts; there is no reader for its records. */
export class PerfEventArray<T> extends BpfMap {
  /** How one record is read. */
  readonly record: Codec<T>;

  constructor(handle: MapHandle, record: Codec<T>) {
    super(handle);
    this.record = record;
  }
}
