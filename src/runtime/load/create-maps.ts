import { mapTypes } from "../../object/bpf-enums.ts";
import { objectNameOf } from "../../object/map-names.ts";
import { BPF_F_MMAPABLE, mapParams, type MapMachine, type MapParams } from "../../object/map-params.ts";
import type { BpfObject, MapDef } from "../../object/model.ts";
import type { CloseStack } from "../close-stack.ts";
import { KernelError } from "../errors.ts";
import { possibleCpus } from "../kernel/cpus.ts";
import { hasFeature } from "../kernel/features.ts";
import { pinAt } from "../maps/pinning.ts";
import { bpf, BPF_MAP_CREATE } from "../sys/bpf.ts";
import { EEXIST, EINVAL } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapArena } from "./arena.ts";
import { constantsOf, fillData } from "./fill-data.ts";
import { fillWithMaps } from "./fill-slots.ts";
import { logEvent } from "./log-events.ts";
import { encodeMap, type MapReferences } from "./map-attr.ts";
import { mapError } from "./map-error.ts";
import { changed, holdsMaps, type MapPlan } from "./plan-maps.ts";
import { openSource, reuseGiven, reusePinned, type ReusedMap } from "./reuse-map.ts";
import type { LoadedMap, LoadSettings } from "./types.ts";

/** What maps are created with. */
export interface MapContext {
  readonly object: BpfObject;
  readonly settings: LoadSettings;
  /** The object's types; undefined when the kernel refused them. */
  readonly btf: Fd | undefined;
  /** What gives the privilege to create maps; undefined when this process has it. */
  readonly token: Fd | undefined;
  /** Gets each map as it is opened or created. */
  readonly opened: CloseStack;
  /** Gets what has to be taken back only when loading fails: pins. */
  readonly undo: CloseStack;
}

/**
 * Creates the maps of an object, or opens those that are there already, fills them and pins them (libbpf:
 * `bpf_object__create_maps`). In the object's order, but for maps that hold others from the start: these come last.
 */
export function createMaps(context: MapContext, plans: readonly MapPlan[]): Map<string, LoadedMap> {
  const { onLog } = context.settings;
  // Those of struct_ops need programs first: see struct-ops.ts.
  const ours = plans.filter(({ def }) => def.structOps === undefined);
  const created = ours.filter(({ def }) => isCreated(def, context.settings));
  for (const plan of ours) if (!created.includes(plan)) logEvent(onLog, { kind: "map-skipped", map: plan.def.name });
  const maps = new Map<string, LoadedMap>();
  const [alone, holding] = [
    created.filter(({ def }) => !holdsOthers(def)),
    created.filter(({ def }) => holdsOthers(def)),
  ];
  for (const plan of [...alone, ...holding]) maps.set(plan.def.name, obtain(context, plan, maps));
  return new Map(created.flatMap(({ def: { name } }) => [...maps].filter(([other]) => other === name)));
}

/** Kernels before 5.2 have no global data; programs that get by without it load all the same. */
export function isCreated(def: MapDef, { maps }: LoadSettings): boolean {
  return (maps.get(def.name)?.autocreate ?? def.autocreate) && (def.data === undefined || hasFeature("global-data"));
}

function holdsOthers(def: MapDef): boolean {
  return holdsMaps(def) && def.slots.length > 0;
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

function obtain(context: MapContext, plan: MapPlan, others: ReadonlyMap<string, LoadedMap>): LoadedMap {
  const { def, pinPath, reuse } = plan;
  const what = nameOf(context.object, def);
  const { onLog } = context.settings;
  const params = mapParams(def, context.settings.name ?? objectNameOf(context.object), machine);
  const reused = reuse === undefined ? pinned(context, plan, what, params) : reuseGiven(reuse, what, params);
  if (reused !== undefined) return keepReused(context, plan, reused);
  if (def.maxEntries === 0 && mapTypes[def.type] === "perf_event_array")
    logEvent(onLog, { kind: "map-sized", map: def.name, maxEntries: params.maxEntries });
  const fd = context.opened.add(createMap(context, plan, params, what));
  const logged = def.data === undefined ? def.name : params.name;
  const message = `map '${logged}': created successfully, fd=${fd.number}`;
  logEvent(onLog, { kind: "map-created", map: def.name, fd: fd.number }, message);
  const map = keepNew(context, plan, params, fd);
  fillWithMaps(context.object, map, others, onLog);
  return pinPath === undefined ? map : pinNew(context, plan, params, map);
}

function nameOf(object: BpfObject, def: MapDef): string {
  return def.data === undefined ? `map "${def.name}"` : `section ${def.name} of ${object.elf.what}`;
}

function pinned(
  { settings: { onLog } }: MapContext,
  { def, pinPath }: MapPlan,
  what: string,
  params: MapParams,
): ReusedMap | undefined {
  if (pinPath === undefined) return undefined;
  const reused = reusePinned(pinPath, what, params);
  const facts = { map: def.name, path: pinPath };
  try {
    logEvent(onLog, { kind: reused === undefined ? "map-pin-missing" : "map-pin-found", ...facts });
  } catch (error) {
    reused?.fd.close();
    throw error;
  }
  return reused;
}

/** A map that is there already keeps what is in it. */
function keepReused(context: MapContext, { def, pinPath, reuse }: MapPlan, { fd, info }: ReusedMap): LoadedMap {
  const mmapable = (info.flags & BPF_F_MMAPABLE) !== 0;
  const same: MapDef = { ...def, maxEntries: info.maxEntries, flags: info.flags, mapExtra: info.mapExtra };
  context.opened.add(fd);
  logEvent(context.settings.onLog, { kind: "map-reused", map: def.name, fd: fd.number });
  return {
    ...{ def: same, fd, maxEntries: info.maxEntries, mmapable, reused: true },
    constants: def.data && constantsOf(fd, def.data, info.valueSize),
    pinPath: reuse === undefined ? pinPath : undefined,
    arena: mapArena(same, fd, undefined, context.opened),
  };
}

function keepNew(context: MapContext, { def }: MapPlan, params: MapParams, fd: Fd): LoadedMap {
  const { object, settings, opened } = context;
  const section = (def.data ?? def.arenaData)?.section ?? "";
  const wanted = settings.contents.get(section);
  return {
    ...{ def, fd, maxEntries: params.maxEntries, mmapable: (params.flags & BPF_F_MMAPABLE) !== 0, reused: false },
    constants: def.data && fillData(object, fd, def.data, wanted, settings),
    pinPath: undefined,
    arena: mapArena(def, fd, wanted ?? def.arenaData?.contents, opened),
  };
}

/** Somebody else may have pinned one in the meantime: then that one it is. */
function pinNew(context: MapContext, plan: MapPlan, params: MapParams, map: LoadedMap): LoadedMap {
  const path = plan.pinPath ?? "";
  try {
    context.undo.add(pinAt(map.fd, path));
    logEvent(context.settings.onLog, { kind: "map-pinned", map: map.def.name, path });
    return { ...map, pinPath: path };
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== EEXIST) throw error;
    const reused = reusePinned(path, map.fd.what, params);
    if (reused === undefined) throw error;
    return keepReused(context, plan, reused);
  }
}

function createMap(context: MapContext, plan: MapPlan, params: MapParams, what: string): Fd {
  using innerMap = holdsMaps(plan.def) ? templateOf(context, plan, what) : undefined;
  const { btf, token } = context;
  const references = { innerMap: innerMap?.number, ifindex: plan.ifindex, token: token?.number };
  const typed = btf !== undefined && (params.keyTypeId !== 0 || params.valueTypeId !== 0);
  // Types that don't please the kernel are left away, as libbpf does.
  let result = typed ? create(params, { ...references, btf: btf.number }) : -EINVAL;
  if (typed && result < 0)
    logEvent(context.settings.onLog, { kind: "map-untyped", map: plan.def.name, errno: -result });
  if (result < 0) result = create(params, references);
  if (result >= 0) return new Fd(result, what);
  throw mapError(what, params, references, -result);
}

function create(params: MapParams, references: MapReferences): number {
  return bpf(BPF_MAP_CREATE, encodeMap(params, references));
}

/** The kernel takes the attributes of what a map of maps will hold from a map, which it forgets. */
function templateOf(context: MapContext, plan: MapPlan, outer: string): Fd | undefined {
  const { def, innerMap } = plan;
  const what = `the inner map of ${outer}`;
  if (innerMap !== undefined) return openSource(innerMap, what);
  if (def.inner === undefined) return undefined;
  const inner: MapPlan = {
    def: changed(def.inner, {}),
    ifindex: 0,
    pinPath: undefined,
    reuse: undefined,
    innerMap: undefined,
  };
  return createMap(context, inner, mapParams(inner.def, "", machine), what);
}
