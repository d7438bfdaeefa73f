import { CoreGenError } from "../errors.ts";
import type { BpfObject, BpfProgram, MapDef } from "../object/model.ts";
import type { RelocationTargets } from "./candidates.ts";
import { matchStructOps, type MatchedStructOps, type StructOpsValue } from "./struct-ops.ts";
import type { KernelStruct } from "./struct-ops-kernel.ts";

/** What a program of struct_ops attaches to. */
export interface StructOpsTarget {
  /** `attach_btf_id`: the struct, in the kernel's types or a module's. */
  readonly kernel: KernelStruct;
  /** `expected_attach_type`: the number of its member. */
  readonly index: number;
}

/** What becomes of an object's struct_ops on one kernel. */
export interface StructOpsPlan {
  /** The maps that are created, by name. */
  readonly maps: ReadonlyMap<string, MatchedStructOps>;
  /** By the C names of programs. */
  readonly targets: ReadonlyMap<string, StructOpsTarget>;
  /** The programs for which maps decide whether they are loaded, by C name. */
  readonly autoload: ReadonlyMap<string, boolean>;
}

/** What is known of maps besides the object. */
export interface StructOpsSettings {
  /** Whether a map is created. */
  isCreated(map: MapDef): boolean;
  /** Values by the map's name; those of the object for the others. */
  readonly values?: ReadonlyMap<string, StructOpsValue> | undefined;
}

/**
 * Matches the struct_ops maps that are created with the kernel's structs, and says which programs they need. Pure.
 *
 * `targets` is only looked at if there are such maps. Throws a `CoreGenError`: see {@link matchStructOps}.
 */
export function planStructOps(
  object: BpfObject,
  settings: StructOpsSettings,
  targets: RelocationTargets,
): StructOpsPlan {
  const maps = new Map<string, MatchedStructOps>();
  const programs = new Map<string, StructOpsTarget>();
  const autoload = new Map<string, boolean>();
  const inOthers = new Set<string>();
  for (const map of object.maps) {
    if (map.structOps === undefined) continue;
    const declared = [...map.structOps.functions.values()];
    if (!settings.isCreated(map)) {
      for (const name of declared) inOthers.add(name);
      continue;
    }
    // A program that the user has taken out of the map is not loaded for its sake.
    for (const name of declared) autoload.set(name, false);
    const matched = matchStructOps(object, map, settings.values?.get(map.name) ?? map.structOps, targets);
    maps.set(map.name, matched);
    for (const { program, index } of matched.functions)
      addTarget(object, map, programs, program, { kernel: matched.kernel, index });
  }
  for (const name of inOthers) autoload.set(name, false);
  for (const name of programs.keys()) autoload.set(name, true);
  return { maps, targets: programs, autoload };
}

/** One program can serve several maps, in one place only: the kernel verifies it for that. */
function addTarget(
  object: BpfObject,
  map: MapDef,
  targets: Map<string, StructOpsTarget>,
  program: string,
  target: StructOpsTarget,
): void {
  const before = targets.get(program);
  if (before !== undefined && !isSame(before, target)) {
    const member = ({ kernel: { name, struct }, index }: StructOpsTarget): string =>
      `${name}.${struct.members[index]?.name ?? ""}`;
    throw new CoreGenError(
      "bad-input",
      `loading ${object.elf.what}: ${map.name}: program "${program}" can't be ${member(target)}, it is ${member(before)} already`,
      { hints: ["The kernel checks a program for one member of one struct: write one for each."] },
    );
  }
  targets.set(program, target);
}

function isSame(one: StructOpsTarget, other: StructOpsTarget): boolean {
  return one.kernel.btf === other.kernel.btf && one.kernel.typeId === other.kernel.typeId && one.index === other.index;
}

/** Says what a struct_ops program attaches to; throws when no map that is created has it (libbpf: `bpf_object_load_prog`). */
export function structOpsTarget(
  object: BpfObject,
  plan: StructOpsPlan,
  { name, section }: BpfProgram,
): StructOpsTarget {
  const target = plan.targets.get(name);
  if (target !== undefined) return target;
  throw new CoreGenError(
    "bad-input",
    `loading ${object.elf.what}: program "${name}" (SEC("${section}")) is in no struct_ops map that is created`,
    {
      hints: [
        `Put it into a variable in SEC(".struct_ops.link"), or write SEC("?${section.replace(/^\?/u, "")}") to load it only when it is used.`,
      ],
    },
  );
}
