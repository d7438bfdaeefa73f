import { mapTypes, type MapTypeName } from "../../object/bpf-enums.ts";
import type { BpfObject, DataSection, MapDef } from "../../object/model.ts";
import type { CloseStack } from "../close-stack.ts";
import { KernelError } from "../errors.ts";
import { possibleCpus } from "../kernel/cpus.ts";
import { hasFeature } from "../kernel/features.ts";
import { permissionHints } from "../kernel/privileges.ts";
import { Attr, bpf, BPF_MAP_CREATE, type Meanings } from "../sys/bpf.ts";
import { E2BIG, EACCES, EINVAL, ENOMEM, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapFreeze, mapUpdate } from "../sys/map-ops.ts";
import { kernelMapName, objectNameOf } from "./map-names.ts";
import type { LoadedMap, LoadSettings } from "./types.ts";

const BPF_F_MMAPABLE = 0x400;

/** Creates the maps of an object, in its order, and fills those of global data. `opened` gets each as it is created. */
export function createMaps(
  object: BpfObject,
  settings: LoadSettings,
  btf: Fd | undefined,
  opened: CloseStack,
): Map<string, LoadedMap> {
  const objectName = settings.name ?? objectNameOf(object);
  const maps = new Map<string, LoadedMap>();
  for (const def of object.maps) {
    if (!isCreated(def)) continue;
    const params = mapParams(def, kernelMapName(def, objectName), settings.maxEntries.get(def.name));
    const fd = opened.add(createMap(object, params, btf));
    if (def.data !== undefined) fillData(fd, def.data, settings.contents.get(def.data.section));
    maps.set(def.name, { def, fd, maxEntries: params.maxEntries, mmapable: (params.flags & BPF_F_MMAPABLE) !== 0 });
  }
  return maps;
}

/** Kernels before 5.2 have no global data; programs that get by without it load all the same. */
function isCreated(def: MapDef): boolean {
  return def.autocreate && (def.data === undefined || hasFeature("global-data"));
}

/** What the kernel is told about a map. */
export interface MapParams {
  readonly def: MapDef;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Types of keys and values in the object's BTF; 0 for none. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** libbpf's rules about a map's definition (`bpf_object__create_map`), and those the kernel has about sizes. */
export function mapParams(def: MapDef, name: string, maxEntries: number | undefined): MapParams {
  const kind = mapTypes[def.type] ?? "unspec";
  const entries = maxEntries ?? def.maxEntries;
  const typed = !withoutTypes.includes(kind);
  return {
    def,
    name,
    ...sizes(kind, def),
    maxEntries: isRingbuf(kind) ? ringbufSize(entries, libc().pageSize) : entries || defaultEntries(kind),
    flags: def.flags | (isMmapable(def) ? BPF_F_MMAPABLE : 0),
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

function defaultEntries(kind: MapTypeName): number {
  return kind === "perf_event_array" ? possibleCpus() : 0;
}

/** The kernel wants a power of two of pages: the next one up, but 0 stays an error (libbpf: `adjust_ringbuf_sz`). */
export function ringbufSize(size: number, pageSize: number): number {
  if (size === 0) return 0;
  let rounded = pageSize;
  while (rounded < size && rounded * 2 <= 0xffff_ffff) rounded *= 2;
  return rounded < size ? size : rounded;
}

/** Data that user space has no names for need not be mapped (libbpf: `map_is_mmapable`). */
function isMmapable(def: MapDef): boolean {
  return def.data?.variables.some(({ exported }) => exported) === true && hasFeature("array-mmap");
}

function createMap(object: BpfObject, params: MapParams, btf: Fd | undefined): Fd {
  const { def } = params;
  const what = def.data === undefined ? `map "${def.name}"` : `section ${def.name} of ${object.elf.what}`;
  const typed = btf !== undefined && (params.keyTypeId !== 0 || params.valueTypeId !== 0);
  // Types that don't please the kernel are left away, as libbpf does.
  let result = typed ? bpf(BPF_MAP_CREATE, encodeMap(params, btf)) : -EINVAL;
  if (result < 0) result = bpf(BPF_MAP_CREATE, encodeMap(params, undefined));
  if (result >= 0) return new Fd(result, what);
  throw mapError(what, params, -result);
}

/** The attributes of BPF_MAP_CREATE. */
export function encodeMap(params: MapParams, btf: Pick<Fd, "number"> | undefined): Attr {
  const attr = new Attr(72)
    .u32(0, params.def.type)
    .u32(4, params.keySize)
    .u32(8, params.valueSize)
    .u32(12, params.maxEntries)
    .u32(16, params.flags)
    .u32(24, params.def.numaNode ?? 0)
    .u64(64, params.def.mapExtra);
  if (hasFeature("prog-name")) attr.name(28, params.name);
  if (btf !== undefined) attr.u32(48, btf.number).u32(52, params.keyTypeId).u32(56, params.valueTypeId);
  return attr;
}

const meanings: Meanings = new Map([
  [EINVAL, "this kernel does not know this kind of map, or not with these sizes and flags"],
  [E2BIG, "it would be too big"],
  [ENOMEM, "there is not enough memory for it"],
]);

function mapError(what: string, params: MapParams, errno: number): KernelError {
  const { def, keySize, valueSize, maxEntries, flags } = params;
  const facts = `${mapTypes[def.type] ?? `kind ${def.type}`}, key ${keySize} and value ${valueSize} bytes, max_entries ${maxEntries}, flags 0x${flags.toString(16)}`;
  return new KernelError({
    doing: `creating ${what} (${facts})`,
    syscall: "bpf",
    command: "BPF_MAP_CREATE",
    errno,
    meaning: meanings.get(errno),
    hints: errno === EPERM || errno === EACCES ? permissionHints() : mapHints(params, errno),
  });
}

function mapHints({ maxEntries }: MapParams, errno: number): string[] {
  if (errno === EINVAL && maxEntries === 0)
    return ["It has no max_entries: write __uint(max_entries, N), or set it before loading."];
  return [];
}

/** Stores the initial contents, and makes constants constant for good, which is what lets the verifier rely on them. */
function fillData(fd: Fd, data: DataSection, contents: Uint8Array = data.contents): void {
  // A new array is zero all over.
  if (contents.some((byte) => byte !== 0)) mapUpdate(fd, new Uint8Array(4), contents);
  if (data.kind === "rodata") mapFreeze(fd);
}
