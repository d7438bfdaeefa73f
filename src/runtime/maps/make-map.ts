import type { Codec } from "../codec.ts";
import { PerfEventArray } from "../records/perf-event-array.ts";
import { RingBuffer } from "../records/ring-buffer.ts";
import { UserRingBuffer } from "../records/user-ring-buffer.ts";
import type { DescriptorMapType, LpmTrieSpec, MapSpec } from "../spec.ts";
import { ArrayMap } from "./array-map.ts";
import { ArrayOfMaps } from "./array-of-maps.ts";
import { BloomFilterMap } from "./bloom-filter-map.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { CgroupArray } from "./cgroup-array.ts";
import { CgroupStorage } from "./cgroup-storage.ts";
import { CpuMap } from "./cpu-map.ts";
import { DevHashMap } from "./dev-hash-map.ts";
import { DevMap } from "./dev-map.ts";
import { HashMap } from "./hash-map.ts";
import { HashOfMaps } from "./hash-of-maps.ts";
import type { InnerMaps } from "./inner-map.ts";
import { InodeStorage } from "./inode-storage.ts";
import { LpmTrieMap } from "./lpm-trie-map.ts";
import { PerCpuArrayMap } from "./per-cpu-array-map.ts";
import { PerCpuHashMap } from "./per-cpu-hash-map.ts";
import { prefixWire } from "./prefix-wire.ts";
import { ProgramArray } from "./program-array.ts";
import { QueueMap } from "./queue-map.ts";
import { ReuseportSockArray } from "./reuseport-sock-array.ts";
import { SockHash } from "./sock-hash.ts";
import { SockMap } from "./sock-map.ts";
import { SocketStorage } from "./socket-storage.ts";
import { StackMap } from "./stack-map.ts";
import { StackTraceMap } from "./stack-trace-map.ts";
import { StructOpsMap, type StructOpsOwner } from "./struct-ops-map.ts";
import { TaskStorage } from "./task-storage.ts";
import { XskMap } from "./xsk-map.ts";

/** The object that stands for a map, of the class that its skeleton says. */
export function makeMap(handle: MapHandle, spec: MapSpec, owner: StructOpsOwner): BpfMap {
  switch (spec.type) {
    case "ringbuf":
      return makeRing(handle, spec.record);
    case "perf_event_array":
      return new PerfEventArray(handle, spec.record);
    case "user_ringbuf":
      return new UserRingBuffer(handle, spec.record);
    case "hash":
      return new HashMap(handle, spec.key, spec.value);
    case "percpu_hash":
      return new PerCpuHashMap(handle, spec.key, spec.value);
    case "array":
      return new ArrayMap(handle, spec.value);
    case "percpu_array":
      return new PerCpuArrayMap(handle, spec.value);
    case "queue":
      return new QueueMap(handle, spec.value);
    case "stack":
      return new StackMap(handle, spec.value);
    case "bloom_filter":
      return new BloomFilterMap(handle, spec.value);
    case "lpm_trie":
      return makeTrie(handle, spec);
    case "array_of_maps":
      return new ArrayOfMaps(handle, innerMaps(spec.inner, owner));
    case "hash_of_maps":
      return new HashOfMaps(handle, spec.key, innerMaps(spec.inner, owner));
    case "task_storage":
      return new TaskStorage(handle, spec.value);
    case "sk_storage":
      return new SocketStorage(handle, spec.value);
    case "inode_storage":
      return new InodeStorage(handle, spec.value);
    case "cgrp_storage":
      return new CgroupStorage(handle, spec.value);
    case "sockhash":
      return new SockHash(handle, spec.key);
    case "stack_trace":
      return new StackTraceMap(handle);
    case "struct_ops":
      return new StructOpsMap(handle, owner);
    case "other":
      return new BpfMap(handle);
    default:
      return makeDescriptorMap(handle, spec.type);
  }
}

/** Where the kind of a ring buffer was set to a perf event array, that is how its records are read. */
function makeRing(handle: MapHandle, record: Codec<unknown>): BpfMap {
  return handle.kind === "perf_event_array" ? new PerfEventArray(handle, record) : new RingBuffer(handle, record);
}

function makeTrie(handle: MapHandle, { key, value, addresses }: LpmTrieSpec): BpfMap {
  return addresses ? new LpmTrieMap(handle, prefixWire(key), value) : new LpmTrieMap(handle, key, value);
}

function makeDescriptorMap(handle: MapHandle, type: DescriptorMapType): BpfMap {
  switch (type) {
    case "prog_array":
      return new ProgramArray(handle);
    case "cgroup_array":
      return new CgroupArray(handle);
    case "sockmap":
      return new SockMap(handle);
    case "reuseport_sockarray":
      return new ReuseportSockArray(handle);
    case "xskmap":
      return new XskMap(handle);
    case "devmap":
      return new DevMap(handle);
    case "devmap_hash":
      return new DevHashMap(handle);
    case "cpumap":
      return new CpuMap(handle);
  }
}

/** A map in a map is never one of struct_ops: the owner is not asked. */
function innerMaps(spec: MapSpec, owner: StructOpsOwner): InnerMaps<BpfMap> {
  return {
    keySize: "key" in spec ? spec.key.size : undefined,
    valueSize: "value" in spec ? spec.value.size : undefined,
    make: (handle) => makeMap(handle, spec, owner),
  };
}
