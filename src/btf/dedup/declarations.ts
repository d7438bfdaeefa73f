import type { Mapping } from "./mapping.ts";

/**
 * Makes `struct name;` the struct of that name where there is only one (libbpf: `btf_dedup_resolve_fwds`): comparing
 * structs does not meet declarations that only variables and functions use.
 */
export function resolveDeclarations(mapping: Mapping): void {
  const { types } = mapping;
  const byName = uniqueStructs(mapping);
  for (let id = types.firstId; id < types.typeCount; id++) {
    if (types.kind(id) !== "fwd" || !mapping.isCanonical(id)) continue;
    const declared = byName.get(types.name(id));
    const kind = types.info(id) >>> 31 === 1 ? "union" : "struct";
    if (declared !== undefined && types.kind(declared) === kind) mapping.set(id, declared);
  }
}

/** The structs and unions, the base's included, by name; undefined for names that two have. */
function uniqueStructs(mapping: Mapping): Map<number, number | undefined> {
  const { types } = mapping;
  const byName = new Map<number, number | undefined>();
  for (let id = 1; id < types.typeCount; id++) {
    const kind = types.kind(id);
    if ((kind !== "struct" && kind !== "union") || !mapping.isCanonical(id)) continue;
    const name = types.name(id);
    byName.set(name, byName.has(name) ? undefined : id);
  }
  return byName;
}
