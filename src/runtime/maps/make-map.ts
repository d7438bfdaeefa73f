import { PerfEventArray } from "../records/perf-event-array.ts";
import { RingBuffer } from "../records/ring-buffer.ts";
import type { MapSpec } from "../spec.ts";
import { ArrayMap } from "./array-map.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { HashMap } from "./hash-map.ts";
import { PerCpuArrayMap } from "./per-cpu-array-map.ts";
import { PerCpuHashMap } from "./per-cpu-hash-map.ts";
import { StructOpsMap, type StructOpsOwner } from "./struct-ops-map.ts";

/** The object that stands for a map, of the class that its skeleton says. */
export function makeMap(handle: MapHandle, spec: MapSpec, owner: StructOpsOwner): BpfMap {
  switch (spec.type) {
    case "ringbuf":
      return new RingBuffer(handle, spec.record);
    case "perf_event_array":
      return new PerfEventArray(handle, spec.record);
    case "hash":
      return new HashMap(handle, spec.key, spec.value);
    case "percpu_hash":
      return new PerCpuHashMap(handle, spec.key, spec.value);
    case "array":
      return new ArrayMap(handle, spec.value);
    case "percpu_array":
      return new PerCpuArrayMap(handle, spec.value);
    case "struct_ops":
      return new StructOpsMap(handle, owner);
    case "other":
      return new BpfMap(handle);
  }
}
