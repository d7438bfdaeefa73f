import type { Mapping } from "./mapping.ts";
import { areCompatibleEnums, hashOf, isSame } from "./sameness.ts";

/** Merges the types that refer to no others: integers, floats, enums, forward declarations (libbpf: `btf_dedup_prim_types`). */
export function mergePrimitives(mapping: Mapping): void {
  const { types } = mapping;
  for (let id = types.firstId; id < types.typeCount; id++) {
    switch (types.kind(id)) {
      case "int":
      case "float":
      case "fwd":
        mergeSame(mapping, id);
        break;
      case "enum":
      case "enum64":
        mergeEnum(mapping, id);
        break;
      default:
        break;
    }
  }
}

/** Maps a type whose ids are settled to the one that is the same word for word; without one, it stands for itself from now on. */
export function mergeSame(mapping: Mapping, id: number): number {
  const { types, candidates } = mapping;
  const hash = hashOf(types, id);
  const same = candidates.withHash(hash).findLast((candidate) => {
    mapping.countStep();
    return isSame(types, id, candidate);
  });
  mapping.set(id, same ?? id);
  if (same === undefined) candidates.add(hash, id);
  return same ?? id;
}

/** Also merges `enum name;` with the enum of that name, whichever comes first. */
function mergeEnum(mapping: Mapping, id: number): void {
  const { types, candidates } = mapping;
  const hash = hashOfEnum(types.name(id));
  let representative = id;
  for (const candidate of candidates.withHash(hash).toReversed()) {
    mapping.countStep();
    const isResolved = types.vlen(id) === 0 && areCompatibleEnums(types, id, candidate);
    if (isSame(types, id, candidate) || isResolved) {
      representative = candidate;
      break;
    }
    // It was only declared until now.
    if (areCompatibleEnums(types, id, candidate)) mapping.set(candidate, id);
  }
  mapping.set(id, representative);
  if (representative === id) candidates.add(hash, id);
}

/** The name alone: declarations have no values, and may be of another size. */
export function hashOfEnum(name: number): number {
  return Math.imul(name, 31) | 0;
}
