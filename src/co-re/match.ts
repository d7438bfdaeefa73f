import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { fieldsAreCompatible } from "./compat.ts";
import { isFlexibleArray, MAX_SPEC_LENGTH, sizeOrThrow, SpecError, type Accessor, type Spec } from "./spec.ts";

/**
 * Looks for the program's field in a candidate type of the kernel (libbpf: `bpf_core_spec_match`).
 *
 * Names must be the same, anonymous structs and unions in between may differ, struct and union may be swapped.
 * Undefined when the candidate has no such field or one of another type.
 */
export function matchFieldSpec(local: Spec, target: Btf, targetRootId: number): Spec | undefined {
  const spec: Spec = {
    btf: target,
    kind: local.kind,
    rootTypeId: targetRootId,
    accessors: [],
    rawSpec: [],
    bitOffset: 0,
  };
  let id = targetRootId;
  for (const [step, accessor] of local.accessors.entries()) {
    const next =
      accessor.name === undefined
        ? matchElement(spec, accessor, id, step === 0)
        : matchMember(local.btf, accessor, spec, id);
    if (next === undefined) return undefined;
    id = next;
  }
  return spec;
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

/**
 * Goes to the member with the accessor's name, depth first through anonymous ones (libbpf: `bpf_core_match_member`).
 *
 * Returns the member's type. A member of the name but of an incompatible type ends the search.
 */
function matchMember(local: Btf, accessor: Accessor, spec: Spec, parentId: number): number | undefined {
  const localParent = local.type(accessor.typeId);
  const localMember = "members" in localParent ? localParent.members[accessor.index] : undefined;
  if (localMember === undefined) throw new SpecError(`type [${accessor.typeId}] has no member ${accessor.index}`);
  const found = searchMember(spec, parentId, localMember.name);
  if (found === undefined || !fieldsAreCompatible(local, localMember.type, spec.btf, found)) return undefined;
  return found;
}

function searchMember(spec: Spec, parentId: number, name: string, searched = new Set<number>()): number | undefined {
  const { id, type } = skipModifiers(spec.btf, parentId);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  // Anonymous types that contain the same ones over and over would be searched for ever.
  if (searched.has(id)) return undefined;
  searched.add(id);
  for (const [index, member] of type.members.entries()) {
    if (member.name !== "" && member.name !== name) continue;
    pushRaw(spec, index);
    spec.bitOffset += member.bitOffset;
    if (member.name === name) {
      spec.accessors.push({ typeId: id, index, name });
      return member.type;
    }
    const found = searchMember(spec, member.type, name, searched);
    if (found !== undefined) return found;
    spec.bitOffset -= member.bitOffset;
    spec.rawSpec.pop();
  }
  return undefined;
}

function pushRaw(spec: Spec, index: number): void {
  if (spec.rawSpec.length === MAX_SPEC_LENGTH)
    throw new SpecError(`the field is nested deeper than ${MAX_SPEC_LENGTH} levels`);
  spec.rawSpec.push(index);
}
