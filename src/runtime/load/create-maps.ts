import { mapTypes } from "../../object/bpf-enums.ts";
import { fillInKconfig } from "../../object/kconfig.ts";
import { objectNameOf } from "../../object/map-names.ts";
import { BPF_F_MMAPABLE, mapParams, type MapMachine, type MapParams } from "../../object/map-params.ts";
import type { BpfObject, DataSection, MapDef } from "../../object/model.ts";
import type { CloseStack } from "../close-stack.ts";
import { KernelError } from "../errors.ts";
import { possibleCpus } from "../kernel/cpus.ts";
import { hasFeature } from "../kernel/features.ts";
import { runningKconfig } from "../kernel/kconfig.ts";
import { capabilitiesOfMap, permissionHints } from "../kernel/privileges.ts";
import { Attr, bpf, BPF_MAP_CREATE, type Meanings } from "../sys/bpf.ts";
import { E2BIG, EACCES, EINVAL, ENOMEM, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapFreeze, mapUpdate } from "../sys/map-ops.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import type { LoadedMap, LoadSettings } from "./types.ts";

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
    // Those of struct_ops need programs first: see struct-ops.ts.
    if (def.structOps !== undefined) continue;
    if (!isCreated(def, settings)) {
      logEvent(settings.onLog, { kind: "map-skipped", map: def.name });
      continue;
    }
    const params = mapParams(def, objectName, settings.maxEntries.get(def.name), machine);
    const fd = opened.add(createMap(object, params, btf, settings.onLog));
    const logged = def.data === undefined ? def.name : params.name;
    const message = `map '${logged}': created successfully, fd=${fd.number}`;
    logEvent(settings.onLog, { kind: "map-created", map: def.name, fd: fd.number }, message);
    const constants = def.data && fillData(object, fd, def.data, settings.contents.get(def.data.section));
    const mmapable = (params.flags & BPF_F_MMAPABLE) !== 0;
    maps.set(def.name, { def, fd, maxEntries: params.maxEntries, mmapable, constants });
  }
  return maps;
}

/** Kernels before 5.2 have no global data; programs that get by without it load all the same. */
export function isCreated(def: MapDef, { autocreate }: LoadSettings): boolean {
  return (autocreate?.get(def.name) ?? def.autocreate) && (def.data === undefined || hasFeature("global-data"));
}

/** What the running machine is, to {@link mapParams}. */
const machine: MapMachine = {
  get pageSize() {
    return libc().pageSize;
  },
  get possibleCpus() {
    return possibleCpus();
  },
  get mapsArrays() {
    return hasFeature("array-mmap");
  },
};

function createMap(object: BpfObject, params: MapParams, btf: Fd | undefined, onLog: OnLog | undefined): Fd {
  const { def } = params;
  const what = def.data === undefined ? `map "${def.name}"` : `section ${def.name} of ${object.elf.what}`;
  const typed = btf !== undefined && (params.keyTypeId !== 0 || params.valueTypeId !== 0);
  // Types that don't please the kernel are left away, as libbpf does.
  let result = typed ? bpf(BPF_MAP_CREATE, encodeMap(params, btf)) : -EINVAL;
  if (typed && result < 0) logEvent(onLog, { kind: "map-untyped", map: def.name, errno: -result });
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
    hints: errno === EPERM || errno === EACCES ? permissionHints(capabilitiesOfMap(def.type)) : mapHints(params, errno),
  });
}

function mapHints({ maxEntries }: MapParams, errno: number): string[] {
  if (errno === EINVAL && maxEntries === 0)
    return ["It has no max_entries: write __uint(max_entries, N), or set it before loading."];
  return [];
}

/**
 * Stores the initial contents, and makes constants constant for good, which is what lets the verifier rely on them.
 * Returns these.
 */
function fillData(
  object: BpfObject,
  fd: Fd,
  data: DataSection,
  wanted: Uint8Array = data.contents,
): Uint8Array | undefined {
  const contents = data.kind === "kconfig" ? wanted.slice() : wanted;
  if (data.kind === "kconfig") fillInKconfig(object, runningKconfig, contents);
  // A new array is zero all over.
  if (contents.some((byte) => byte !== 0)) mapUpdate(fd, new Uint8Array(4), contents);
  if (data.kind !== "rodata" && data.kind !== "kconfig") return undefined;
  mapFreeze(fd);
  return contents;
}
