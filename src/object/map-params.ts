import { mapTypes, type MapTypeName } from "./bpf-enums.ts";
import { kernelMapName } from "./map-names.ts";
import type { MapDef } from "./model.ts";

/** Flag of an array that user space can map. */
export const BPF_F_MMAPABLE = 0x400;

/** What the kernel is told about a map. */
export interface MapParams {
  readonly def: MapDef;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly mapExtra: bigint;
  readonly numaNode: number;
  /** Types of keys and values in the object's BTF; 0 for none. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** What sizes and flags of maps depend on. Properties are read only when they matter. */
export interface MapMachine {
  /** In bytes. */
  readonly pageSize: number;
  readonly possibleCpus: number;
  /** Whether its kernel can map arrays (Linux 5.5). */
  readonly mapsArrays: boolean;
}

/** libbpf's rules about a map's definition (`bpf_object__create_map`), and those the kernel has about sizes. */
export function mapParams(def: MapDef, objectName: string, machine: MapMachine): MapParams {
  const kind = mapTypes[def.type] ?? "unspec";
  const entries = def.maxEntries;
  const typed = !withoutTypes.includes(kind);
  return {
    def,
    name: kernelMapName(def, objectName),
    ...sizes(kind, def),
    maxEntries: isRingbuf(kind) ? ringbufSize(entries, machine.pageSize) : entries || defaultEntries(kind, machine),
    flags: def.flags | (isMmapable(def, machine) ? BPF_F_MMAPABLE : 0),
    mapExtra: def.mapExtra,
    numaNode: def.numaNode ?? 0,
    keyTypeId: typed ? def.keyTypeId : 0,
    valueTypeId: typed ? def.valueTypeId : 0,
  };
}

/** Kinds of maps that the kernel refuses with types. Ring buffers only have them to say what is sent. */
const withoutTypes: readonly MapTypeName[] = [
  "perf_event_array",
  "cgroup_array",
  "stack_trace",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "sockmap",
  "sockhash",
  "queue",
  "stack",
  "arena",
  "ringbuf",
  "user_ringbuf",
];

/** Buffers may have `__type(value, struct event)`, to say what is sent; the kernel wants none, or a descriptor's size. */
function sizes(kind: MapTypeName, def: MapDef): { keySize: number; valueSize: number } {
  if (isRingbuf(kind)) return { keySize: 0, valueSize: 0 };
  if (kind === "perf_event_array") return { keySize: 4, valueSize: 4 };
  return { keySize: def.keySize, valueSize: def.valueSize };
}

function isRingbuf(kind: MapTypeName): boolean {
  return kind === "ringbuf" || kind === "user_ringbuf";
}

function defaultEntries(kind: MapTypeName, machine: MapMachine): number {
  return kind === "perf_event_array" ? machine.possibleCpus : 0;
}

/** The kernel wants a power of two of pages: the next one up, but 0 stays an error (libbpf: `adjust_ringbuf_sz`). */
export function ringbufSize(size: number, pageSize: number): number {
  if (size === 0) return 0;
  let rounded = pageSize;
  while (rounded < size && rounded * 2 <= 0xffff_ffff) rounded *= 2;
  return rounded < size ? size : rounded;
}

/** Data that user space has no names for need not be mapped (libbpf: `map_is_mmapable`). */
function isMmapable(def: MapDef, machine: MapMachine): boolean {
  return def.data?.variables.some(({ exported }) => exported) === true && machine.mapsArrays;
}
