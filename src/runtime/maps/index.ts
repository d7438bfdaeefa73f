/**
 * Maps as JavaScript objects: one class for each kind, typed by codecs. Not for making maps (../load), and not for
 * buffers of records (../records).
 * The kinds: https://docs.kernel.org/bpf/maps.html
 */
export { ArrayMap } from "./array-map.ts";
export { ArrayOfMaps } from "./array-of-maps.ts";
export { BloomFilterMap } from "./bloom-filter-map.ts";
export { BpfMap } from "./bpf-map.ts";
export { CgroupArray } from "./cgroup-array.ts";
export { CgroupStorage } from "./cgroup-storage.ts";
export { CpuMap, type CpuQueue, type CpuTarget } from "./cpu-map.ts";
export { DevHashMap } from "./dev-hash-map.ts";
export { DevMap } from "./dev-map.ts";
export type { Device, DeviceTarget } from "./device.ts";
export { HashMap } from "./hash-map.ts";
export { HashOfMaps } from "./hash-of-maps.ts";
export type { InnerMap } from "./inner-map.ts";
export { InodeStorage } from "./inode-storage.ts";
export { LpmTrieMap } from "./lpm-trie-map.ts";
export { PerCpuArrayMap } from "./per-cpu-array-map.ts";
export { PerCpuHashMap } from "./per-cpu-hash-map.ts";
export { ProgramArray } from "./program-array.ts";
export { QueueMap } from "./queue-map.ts";
export { ReuseportSockArray } from "./reuseport-sock-array.ts";
export { SockHash } from "./sock-hash.ts";
export { SockMap } from "./sock-map.ts";
export { SocketStorage } from "./socket-storage.ts";
export { StackMap } from "./stack-map.ts";
export { StackTraceMap } from "./stack-trace-map.ts";
export { StructOpsMap } from "./struct-ops-map.ts";
export { sum } from "./sum.ts";
export { TaskStorage } from "./task-storage.ts";
export { XskMap } from "./xsk-map.ts";
