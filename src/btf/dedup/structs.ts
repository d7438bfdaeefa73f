import { Equivalence } from "./equivalence.ts";
import type { Mapping } from "./mapping.ts";
import { hashOfShape, hasSameShape } from "./sameness.ts";

/**
 * Merges structs, unions and typedefs, through which types can come back to themselves, with all that they refer to
 * (libbpf: `btf_dedup_struct_types`).
 */
export function mergeStructs(mapping: Mapping): void {
  const { types } = mapping;
  const equivalence = new Equivalence(mapping);
  for (let id = types.firstId; id < types.typeCount; id++) {
    const kind = types.kind(id);
    if (kind !== "struct" && kind !== "union" && kind !== "typedef") continue;
    if (!mapping.isMapped(id)) mergeStruct(mapping, equivalence, id);
  }
}

function mergeStruct(mapping: Mapping, equivalence: Equivalence, id: number): void {
  const { types, candidates } = mapping;
  const hash = hashOfShape(types, id);
  const same = candidates.withHash(hash).findLast((candidate) => {
    mapping.countStep();
    if (!hasSameShape(types, id, candidate) || !equivalence.holds(id, candidate)) return false;
    equivalence.keep();
    return !equivalence.adjustsBase;
  });
  mapping.set(id, same ?? id);
  if (same === undefined) candidates.add(hash, id);
}
