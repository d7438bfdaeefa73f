import { mapTypes } from "../../object/bpf-enums.ts";
import type { BpfObject, MapDef } from "../../object/model.ts";
import { DEFAULT_PIN_ROOT } from "../kernel/bpffs.ts";
import { pinName } from "../maps/pinning.ts";
import type { LoadSettings, MapChanges, MapSource } from "./types.ts";

/** What will become of one map of the object. */
export interface MapPlan {
  /** As it will be created: what the object says, and over that the user's changes. */
  readonly def: MapDef;
  readonly ifindex: number;
  /** Where it is taken from when it is there already, and else pinned. */
  readonly pinPath: string | undefined;
  /** What is used in its place. */
  readonly reuse: MapSource | undefined;
  /** The template of a map of maps, instead of one made for the time of its creation. */
  readonly innerMap: MapSource | undefined;
}

/** `LIBBPF_PIN_BY_NAME` */
const PIN_BY_NAME = 1;
const BPF_F_NUMA_NODE = 4;

/** What will become of each map of the object, in its order. */
export function planMaps(object: BpfObject, settings: LoadSettings): MapPlan[] {
  return object.maps.map((def) => {
    const changes = settings.maps.get(def.name) ?? {};
    return {
      def: changed(def, changes),
      ifindex: changes.ifindex ?? 0,
      pinPath: changes.pinPath === undefined ? pinByName(def, settings) : (changes.pinPath ?? undefined),
      reuse: changes.reuse,
      innerMap: changes.innerMap,
    };
  });
}

/** The map as the changes make it. */
export function changed(def: MapDef, changes: MapChanges): MapDef {
  const { type, keySize, valueSize, maxEntries, mapExtra, numaNode, autocreate, inner } = changes;
  return {
    ...def,
    type: type ?? def.type,
    keySize: keySize ?? def.keySize,
    valueSize: valueSize ?? def.valueSize,
    maxEntries: maxEntries ?? (isOtherBuffer(def, type) ? 0 : def.maxEntries),
    flags: changedFlags(def, changes),
    mapExtra: mapExtra ?? def.mapExtra,
    numaNode: numaNode ?? def.numaNode,
    autocreate: autocreate ?? def.autocreate,
    inner: def.inner && inner ? changed(def.inner, inner) : def.inner,
    // The types of another kind of map, or of other sizes, would be wrong, and the kernel would refuse them.
    keyTypeId: keySize === undefined || keySize === def.keySize ? def.keyTypeId : 0,
    valueTypeId: valueSize === undefined || valueSize === def.valueSize ? def.valueTypeId : 0,
  };
}

/** A ring buffer's bytes are no number of CPUs; 0 stands for all of them. */
function isOtherBuffer(def: MapDef, type: number | undefined): boolean {
  return mapTypes[def.type] === "ringbuf" && type !== undefined && mapTypes[type] === "perf_event_array";
}

/** The kernel looks at the node only when this flag is set. */
function changedFlags(def: MapDef, { flags, numaNode }: MapChanges): number {
  const wanted = flags ?? def.flags;
  return numaNode === undefined ? wanted : (wanted | BPF_F_NUMA_NODE) >>> 0;
}

/** libbpf: `build_map_pin_path`. */
export function pinByName(def: MapDef, settings: Pick<LoadSettings, "pinRoot">): string | undefined {
  if (def.pinning !== PIN_BY_NAME) return undefined;
  return `${settings.pinRoot ?? DEFAULT_PIN_ROOT}/${pinName(def.name)}`;
}

/** Whether the map holds other maps. */
export function holdsMaps({ type }: MapDef): boolean {
  const kind = mapTypes[type];
  return kind === "array_of_maps" || kind === "hash_of_maps";
}
