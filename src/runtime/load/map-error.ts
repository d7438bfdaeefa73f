import { mapTypes } from "../../object/bpf-enums.ts";
import type { MapParams } from "../../object/map-params.ts";
import { KernelError } from "../errors.ts";
import { kindIsTooNew } from "../kernel/map-kinds.ts";
import { capabilitiesOfMap, permissionHints } from "../kernel/privileges.ts";
import { bpf, BPF_MAP_CREATE, type Meanings } from "../sys/bpf.ts";
import { E2BIG, EACCES, EINVAL, ENOMEM, ENOTSUPP, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { encodeMap, type MapReferences } from "./map-attr.ts";

const meanings: Meanings = new Map([
  [EINVAL, "this kernel does not know this kind of map, or not with these sizes and flags"],
  [E2BIG, "it would be too big"],
  [ENOMEM, "there is not enough memory for it"],
  [ENOTSUPP, "this kernel does not have maps of this kind, or not with these types"],
]);

/** A map that the kernel has refused: the error that says which of its attributes it is, found out by trying. */
export function mapError(what: string, params: MapParams, references: MapReferences, errno: number): KernelError {
  const hints =
    errno === EPERM || errno === EACCES
      ? permissionHints(capabilitiesOfMap(params.def.type))
      : attributeHints(params, references, errno);
  return new KernelError({
    doing: `creating ${what} (${facts(params)})`,
    syscall: "bpf",
    command: "BPF_MAP_CREATE",
    errno,
    meaning: meanings.get(errno),
    hints,
  });
}

function facts({ def, keySize, valueSize, maxEntries, flags, mapExtra, numaNode }: MapParams): string {
  return [
    mapTypes[def.type] ?? `kind ${def.type}`,
    `key ${keySize} and value ${valueSize} bytes`,
    `max_entries ${maxEntries}`,
    `flags ${hex(flags)}`,
    ...(mapExtra === 0n ? [] : [`map_extra ${hex(mapExtra)}`]),
    ...(numaNode === 0 ? [] : [`numa_node ${numaNode}`]),
  ].join(", ");
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** The first attribute without which, everything else being the same, the kernel would take the map. */
function attributeHints(params: MapParams, references: MapReferences, errno: number): string[] {
  const tooNew = kindIsTooNew(mapTypes[params.def.type] ?? "unspec");
  if (tooNew !== undefined) return [tooNew];
  const culprits = variants(params).filter(({ changed, only }) =>
    isAccepted({ ...params, ...changed }, only ?? references),
  );
  const [culprit] = culprits;
  if (culprit !== undefined) return [culprit.hint];
  if (errno === EINVAL && params.maxEntries === 0) return [NO_ENTRIES];
  return [];
}

function isAccepted(params: MapParams, references: MapReferences): boolean {
  const result = bpf(BPF_MAP_CREATE, encodeMap(params, { ...references, btf: undefined }));
  if (result < 0) return false;
  new Fd(result, "a map that was tried").close();
  return true;
}

const NO_ENTRIES = "It has no max_entries: write __uint(max_entries, N), or set it before loading.";

interface Variant {
  readonly changed: Partial<MapParams>;
  readonly only?: MapReferences;
  readonly hint: string;
}

/** Maps that differ from the refused one in one attribute. */
function variants(params: MapParams): Variant[] {
  const { keySize, valueSize, maxEntries, flags, mapExtra, numaNode } = params;
  const takes = (name: string, value: string, instead: string): string =>
    `It is its ${name}, ${value}: with ${instead} this kernel takes the map.`;
  return [
    ...(maxEntries === 0 ? [1, 4096].map((one) => ({ changed: { maxEntries: one }, hint: NO_ENTRIES })) : []),
    ...(mapExtra === 0n ? [] : [{ changed: { mapExtra: 0n }, hint: takes("map_extra", hex(mapExtra), "none") }]),
    ...(numaNode === 0 ? [] : [{ changed: { numaNode: 0 }, hint: takes("numa_node", String(numaNode), "node 0") }]),
    ...others(FLAGS, flags).map((one) => ({
      changed: { flags: one },
      hint: takes("map_flags", hex(flags), hex(one)),
    })),
    ...others(SIZES, keySize).map((one) => ({
      changed: { keySize: one },
      hint: takes("key size", `${keySize} bytes`, `${one}`),
    })),
    ...others(SIZES, valueSize).map((one) => ({
      changed: { valueSize: one },
      hint: takes("value size", `${valueSize} bytes`, `${one}`),
    })),
    ...others([0, 1, 4096], maxEntries).map((one) => ({
      changed: { maxEntries: one },
      hint: takes("max_entries", String(maxEntries), String(one)),
    })),
  ];
}

/** What some kind of map wants: nothing, an index or a descriptor, an address, a stack. */
const SIZES: readonly number[] = [4, 0, 8, 16];
/** None, BPF_F_NO_PREALLOC (local storage, tries), BPF_F_MMAPABLE (arenas). */
const FLAGS: readonly number[] = [0, 0x1, 0x400];

function others(candidates: readonly number[], value: number): number[] {
  return candidates.filter((one) => one !== value);
}
