import type { BtfType, TypeTable } from "./types.ts";

/**
 * The ids that a type refers to, in the order in which the format has them; 0, which is void, included.
 *
 * @example
 * import { referencesOf } from "core-gen/btf";
 *
 * console.log(referencesOf({ kind: "array", name: "", type: 3, indexType: 1, nelems: 16 })); // [ 3, 1 ]
 */
export function referencesOf(type: BtfType): number[] {
  const found: number[] = [];
  mapReferences(type, (id) => {
    found.push(id);
    return id;
  });
  return found;
}

/**
 * The same type with every id that it refers to replaced by what `newId` says, in the order of {@link referencesOf}:
 * what moving types to other ids comes down to.
 *
 * @example
 * import { mapReferences, type BtfType } from "core-gen/btf";
 *
 * const pointer: BtfType = { kind: "ptr", name: "", type: 7 };
 * console.log(mapReferences(pointer, (id) => id + 100)); // { kind: 'ptr', name: '', type: 107 }
 */
export function mapReferences(type: BtfType, newId: (id: number) => number): BtfType {
  switch (type.kind) {
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "var":
    case "decl_tag":
      return { ...type, type: newId(type.type) };
    case "array":
      return { ...type, type: newId(type.type), indexType: newId(type.indexType) };
    case "struct":
    case "union":
      return { ...type, members: type.members.map((member) => ({ ...member, type: newId(member.type) })) };
    case "func_proto": {
      const result = newId(type.type);
      return { ...type, type: result, params: type.params.map((param) => ({ ...param, type: newId(param.type) })) };
    }
    case "datasec":
      return { ...type, vars: type.vars.map((variable) => ({ ...variable, type: newId(variable.type) })) };
    case "void":
    case "int":
    case "float":
    case "enum":
    case "enum64":
    case "fwd":
      return type;
  }
}

/**
 * All that some types are made of: their ids and those of every type that can be reached from them, in ascending order,
 * without void. `follow` says which ways are gone; without it, all are.
 *
 * @example
 * import { Btf, BtfBuilder, reachableFrom } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const int = b.int("int", 4, { signed: true });
 * b.int("char", 1, { char: true });
 * const point = b.struct("point", 8, [
 *   { name: "x", type: int, bitOffset: 0 },
 *   { name: "y", type: int, bitOffset: 32 },
 * ]);
 * console.log(reachableFrom(Btf.parse(b.build()), [point])); // [ 1, 3 ]
 */
export function reachableFrom(
  types: TypeTable,
  roots: readonly number[],
  follow: (type: BtfType, id: number) => readonly number[] = referencesOf,
): number[] {
  const found = new Set<number>();
  // Not a recursion: types may refer to one another in chains as long as the file.
  const waiting = [...roots];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === 0 || found.has(id)) continue;
    found.add(id);
    for (const next of follow(types.type(id), id)) waiting.push(next);
  }
  return [...found].sort((a, b) => a - b);
}
