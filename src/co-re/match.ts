import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { fieldsAreCompatible } from "./compat.ts";
import { isFieldBased, isTypeBased } from "./kinds.ts";
import { isFlexibleArray, MAX_SPEC_LENGTH, sizeOrThrow, SpecError, type Accessor, type Spec } from "./spec.ts";
import { typesAreCompatible } from "./types-compat.ts";
import { typesMatch } from "./types-match.ts";

/** What matching found: the spec as far as it could be followed, which libbpf's log shows either way, and whether that was to the end. */
export interface Match {
  readonly spec: Spec;
  readonly found: boolean;
}

/**
 * Looks for the program's field, enumerator or type in a candidate type of the kernel (libbpf: `bpf_core_spec_match`).
 * Throws a SpecError where libbpf gives up: types that are nested too deep, elements without a size.
 */
export function matchSpec(local: Spec, target: Btf, targetRootId: number): Match {
  const { kind } = local;
  const spec: Spec = { btf: target, kind, rootTypeId: targetRootId, accessors: [], rawSpec: [], bitOffset: 0 };
  return { spec, found: isFound(local, spec) };
}

function isFound(local: Spec, spec: Spec): boolean {
  const { kind } = local;
  if (isFieldBased(kind)) return matchField(local, spec);
  if (!isTypeBased(kind)) return matchEnumerator(local, spec);
  const compare = kind === "type_matches" ? typesMatch : typesAreCompatible;
  return compare(local.btf, local.rootTypeId, spec.btf, spec.rootTypeId);
}

/** By name without flavour suffix, whatever the value. */
function matchEnumerator(local: Spec, spec: Spec): boolean {
  const { id, type } = skipModifiers(spec.btf, spec.rootTypeId);
  if (type.kind !== "enum" && type.kind !== "enum64") return false;
  const name = essentialName(local.accessors[0]?.name ?? "");
  const index = type.values.findIndex((value) => essentialName(value.name) === name);
  const found = type.values[index];
  if (found === undefined) return false;
  spec.accessors.push({ typeId: id, index, name: found.name });
  spec.rawSpec.push(index);
  return true;
}

/**
 * Names must be the same, anonymous structs and unions in between may differ, struct and union may be swapped.
 * False when the candidate has no such field or one of another type.
 */
function matchField(local: Spec, spec: Spec): boolean {
  let id = spec.rootTypeId;
  for (const [step, accessor] of local.accessors.entries()) {
    const next =
      accessor.name === undefined
        ? matchElement(spec, accessor, id, step === 0)
        : matchMember(local.btf, accessor, spec, id);
    if (next === undefined) return false;
    id = next;
  }
  return true;
}

/** Goes to an array element; the first step treats the root type itself as the element type. */
function matchElement(spec: Spec, accessor: Accessor, parentId: number, root: boolean): number | undefined {
  const parent = skipModifiers(spec.btf, parentId);
  let element = parent.id;
  if (!root) {
    if (parent.type.kind !== "array") return undefined;
    if (!isFlexibleArray(spec.btf, spec.accessors.at(-1), parent.type) && accessor.index >= parent.type.nelems)
      return undefined;
    element = skipModifiers(spec.btf, parent.type.type).id;
  }
  pushRaw(spec, accessor.index);
  spec.accessors.push({ typeId: element, index: accessor.index, name: undefined });
  spec.bitOffset += accessor.index * sizeOrThrow(spec.btf, element) * 8;
  return element;
}

/** Goes to the member with the accessor's name; its type, or undefined when there is none that fits. */
function matchMember(local: Btf, accessor: Accessor, spec: Spec, parentId: number): number | undefined {
  const localParent = local.type(accessor.typeId);
  const localMember = "members" in localParent ? localParent.members[accessor.index] : undefined;
  if (localMember === undefined) throw new SpecError(`type [${accessor.typeId}] has no member ${accessor.index}`);
  const fits = (type: number): boolean => fieldsAreCompatible(local, localMember.type, spec.btf, type);
  return searchMember(spec, parentId, localMember.name, fits, new Map());
}

/**
 * Searches depth first through anonymous members (libbpf: `bpf_core_match_member`). A member of the name that does not
 * fit ends the search in its struct, and its steps stay in the spec: libbpf's log shows them.
 */
function searchMember(
  spec: Spec,
  parentId: number,
  name: string,
  fits: (type: number) => boolean,
  searched: Map<number, "open" | "done">,
): number | undefined {
  const { id, type } = skipModifiers(spec.btf, parentId);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  // Types that contain the same anonymous ones over and over would be searched for ever. libbpf stops 64 levels down.
  if (searched.get(id) === "open") throw new SpecError(`the kernel's type [${id}] contains itself`);
  if (searched.get(id) === "done") return undefined;
  searched.set(id, "open");
  for (const [index, member] of type.members.entries()) {
    if (member.name !== "" && member.name !== name) continue;
    pushRaw(spec, index);
    spec.bitOffset += member.bitOffset;
    if (member.name === name) {
      if (!fits(member.type)) break;
      spec.accessors.push({ typeId: id, index, name });
      return member.type;
    }
    const found = searchMember(spec, member.type, name, fits, searched);
    if (found !== undefined) return found;
    spec.bitOffset -= member.bitOffset;
    spec.rawSpec.pop();
  }
  searched.set(id, "done");
  return undefined;
}

function pushRaw(spec: Spec, index: number): void {
  if (spec.rawSpec.length === MAX_SPEC_LENGTH)
    throw new SpecError(`the field is nested deeper than ${MAX_SPEC_LENGTH} levels`);
  spec.rawSpec.push(index);
}
