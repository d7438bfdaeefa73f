import { moduleWith, relocationTargets, type KernelTypes } from "../../co-re/kernel-types.ts";
import type { MatchedStructOps } from "../../co-re/struct-ops.ts";
import { planStructOps, structOpsTarget, type StructOpsPlan } from "../../co-re/struct-ops-plan.ts";
import { CoreGenError } from "../../errors.ts";
import { kernelMapName } from "../../object/map-names.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../object/model.ts";
import type { CloseStack } from "../close-stack.ts";
import { hasFeature } from "../kernel/features.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, bpf, BPF_F_TOKEN_FD, BPF_MAP_CREATE, type Meanings, bpfFailure } from "../sys/bpf.ts";
import { EINVAL, ENOTSUPP } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { isCreated } from "./create-maps.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import type { ModuleDescriptors } from "./module-descriptors.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import type { LoadedMap, LoadedProgram, LoadSettings } from "./types.ts";

const BPF_F_VTYPE_BTF_OBJ_FD = 1 << 15;

/** Finds the kernel's structs for an object's struct_ops maps. Reads the kernel's types if there are any. */
export function prepareStructOps(object: BpfObject, settings: LoadSettings, kernel: KernelTypes): StructOpsLoading {
  const created = (map: MapDef): boolean => isCreated(map, settings);
  const plan = planStructOps(object, { isCreated: created, values: settings.structOps }, relocationTargets(kernel));
  logPlan(object, plan, settings.onLog);
  return new StructOpsLoading(object, plan, kernel);
}

function logPlan(object: BpfObject, plan: StructOpsPlan, onLog: OnLog | undefined): void {
  if (onLog === undefined) return;
  for (const [map, { kernel, functions, copied, skipped }] of plan.maps) {
    const typeId = object.maps.find(({ name }) => name === map)?.structOps?.typeId ?? 0;
    const ids = { typeId, kernelTypeId: kernel.typeId, kernelValueTypeId: kernel.valueTypeId };
    logEvent(onLog, { kind: "struct-ops-matched", map, ...ids });
    for (const member of skipped) logEvent(onLog, { kind: "struct-ops-member-skipped", map, member });
    for (const { member, from, to, size } of copied)
      logEvent(onLog, { kind: "struct-ops-member", map, member, from, to, holds: size });
    for (const { member, from, offset, program } of functions) {
      const to = offset - kernel.dataOffset;
      logEvent(onLog, { kind: "struct-ops-member", map, member, from, to, holds: { program } });
    }
  }
}

/** What there is while maps are created: descriptors of the object's types in the kernel, and of modules'. */
interface StructOpsContext {
  readonly btf: Fd | undefined;
  /** What gives the privilege to create maps; undefined when this process has it. */
  readonly token: Fd | undefined;
  readonly modules: ModuleDescriptors;
  readonly onLog: OnLog | undefined;
}

/** The struct_ops of an object while it is loaded. */
export class StructOpsLoading {
  readonly #object: BpfObject;
  readonly #plan: StructOpsPlan;
  readonly #kernel: KernelTypes;

  constructor(object: BpfObject, plan: StructOpsPlan, kernel: KernelTypes) {
    this.#object = object;
    this.#plan = plan;
    this.#kernel = kernel;
  }

  /** The programs to load: those of maps that are created, whatever was chosen, and no others of struct_ops maps. */
  choose(chosen: readonly BpfProgram[]): BpfProgram[] {
    return this.#object.programs.filter((one) => this.#plan.autoload.get(one.name) ?? chosen.includes(one));
  }

  /** Says of programs of struct_ops what they are for. */
  aim(programs: readonly PreparedProgram[]): PreparedProgram[] {
    return programs.map((prepared) => {
      if (prepared.def.typeName !== "struct_ops") return prepared;
      const { kernel, index } = structOpsTarget(this.#object, this.#plan, prepared.program);
      const target = { id: kernel.typeId, module: moduleWith(this.#kernel, kernel.btf), program: undefined };
      return { ...prepared, target, expectedAttachType: index };
    });
  }

  /** Creates the maps and adds them to `maps`. */
  createMaps(maps: Map<string, LoadedMap>, { btf, token, modules, onLog }: StructOpsContext, opened: CloseStack): void {
    for (const def of this.#object.maps) {
      const matched = this.#plan.maps.get(def.name);
      if (def.structOps !== undefined && matched === undefined) logEvent(onLog, { kind: "map-skipped", map: def.name });
      if (matched === undefined || def.structOps === undefined) continue;
      if (btf === undefined) throw this.#withoutTypes(def);
      const module = moduleWith(this.#kernel, matched.kernel.btf);
      const fd = opened.add(createMap(def, matched, { btf, token, module: module && modules.numberOf(module) }));
      const rest = { mmapable: false, constants: undefined, reused: false, pinPath: undefined, arena: undefined };
      logEvent(onLog, { kind: "map-created", map: def.name, fd: fd.number });
      maps.set(def.name, { def, fd, maxEntries: 1, ...rest, structOps: matched.image });
    }
  }

  /** Puts the descriptors of programs into the values of maps (libbpf: `bpf_map_prepare_vdata`). */
  fillIn(programs: ReadonlyMap<string, LoadedProgram>): void {
    for (const { image, functions } of this.#plan.maps.values()) {
      const view = new DataView(image.buffer);
      for (const { program, offset } of functions) {
        const fd = programs.get(program)?.fd.number;
        if (fd !== undefined) view.setBigUint64(offset, BigInt(fd), hostIsLittleEndian);
      }
    }
  }

  #withoutTypes({ name }: MapDef): CoreGenError {
    const { what } = this.#object.elf;
    return new CoreGenError(
      "kernel",
      `loading ${what}: the kernel refused the object's types, which the struct_ops map "${name}" needs`,
    );
  }
}

function createMap(def: MapDef, { kernel }: MatchedStructOps, references: StructOpsReferences): Fd {
  const result = bpf(BPF_MAP_CREATE, encodeStructOpsMap(def, kernel, references));
  if (result >= 0) return new Fd(result, `map "${def.name}"`);
  const errno = -result;
  throw bpfFailure({
    doing: `creating map "${def.name}" (struct_ops of struct ${kernel.name}, value ${kernel.valueSize} bytes)`,
    command: BPF_MAP_CREATE,
    errno,
    meaning: createMeanings.get(errno),
    hints: hintsIfDenied(errno),
  });
}

const createMeanings: Meanings = new Map([
  [EINVAL, "this kernel has no struct_ops maps, or none that links register: those came with Linux 6.4"],
  [ENOTSUPP, "this kernel does not let BPF programs fill in that struct"],
]);

/** What a struct_ops map refers to. */
export interface StructOpsReferences {
  /** The object's types. */
  readonly btf: Pick<Fd, "number">;
  /** The module that the struct is in, if not in the kernel: the descriptor of its types. */
  readonly module?: number | undefined;
  readonly token?: Pick<Fd, "number"> | undefined;
}

/** The attributes of BPF_MAP_CREATE (libbpf: `bpf_object__create_map`). */
export function encodeStructOpsMap(
  def: MapDef,
  { valueTypeId, valueSize }: Pick<MatchedStructOps["kernel"], "valueTypeId" | "valueSize">,
  { btf, module, token }: StructOpsReferences,
): Attr {
  const flags = (module === undefined ? 0 : BPF_F_VTYPE_BTF_OBJ_FD) | (token === undefined ? 0 : BPF_F_TOKEN_FD);
  const attr = new Attr(token === undefined ? 76 : 80)
    .u32(0, def.type)
    .u32(4, def.keySize)
    .u32(8, valueSize)
    .u32(12, def.maxEntries)
    .u32(16, def.flags | flags)
    .u32(48, btf.number)
    .u32(60, valueTypeId);
  if (module !== undefined) attr.u32(72, module);
  if (token !== undefined) attr.u32(76, token.number);
  // Data sections are called after the object, these are not.
  if (hasFeature("prog-name")) attr.name(28, kernelMapName(def, ""));
  return attr;
}
