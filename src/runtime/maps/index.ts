/**
 * Maps as JavaScript objects: one class for each kind, typed by codecs. Not for making maps (../load), and not for
 * buffers of records (../records).
 * The kinds: https://docs.kernel.org/bpf/maps.html
 */
export { ArrayMap } from "./array-map.ts";
export { BpfMap } from "./bpf-map.ts";
export { HashMap } from "./hash-map.ts";
export { PerCpuArrayMap } from "./per-cpu-array-map.ts";
export { PerCpuHashMap } from "./per-cpu-hash-map.ts";
export { StructOpsMap } from "./struct-ops-map.ts";
