import type { BtfType, Enumerator, Enumerator64, Member, TypeTable } from "../../btf/types.ts";

/** Comparing honest types takes a few hundred steps; types that hold each other many times over take too many. */
const MAX_STEPS = 20_000;

/**
 * Whether two types have the same bytes with the same names in them. The names of the two themselves don't count.
 *
 * What pointers point to is not compared: it is no part of the bytes.
 */
export function sameLayout(types: TypeTable, a: number, b: number): boolean {
  const comparison = { types, stepsLeft: MAX_STEPS };
  return sameTypes(comparison, types.type(a), types.type(b));
}

interface Comparison {
  readonly types: TypeTable;
  stepsLeft: number;
}

function same(comparison: Comparison, a: number, b: number): boolean {
  if (a === b) return true;
  if (comparison.stepsLeft-- <= 0) return false;
  const [left, right] = [comparison.types.type(a), comparison.types.type(b)];
  return left.name === right.name && sameTypes(comparison, left, right);
}

function sameTypes(comparison: Comparison, a: BtfType, b: BtfType): boolean {
  switch (a.kind) {
    case "int":
      return b.kind === "int" && a.size === b.size && a.bits === b.bits && a.signed === b.signed && a.bool === b.bool;
    case "float":
      return b.kind === "float" && a.size === b.size;
    case "array":
      return b.kind === "array" && a.nelems === b.nelems && same(comparison, a.type, b.type);
    case "struct":
    case "union":
      return b.kind === a.kind && a.size === b.size && sameMembers(comparison, a.members, b.members);
    case "enum":
    case "enum64":
      return b.kind === a.kind && a.size === b.size && a.signed === b.signed && sameValues(a.values, b.values);
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return b.kind === a.kind && same(comparison, a.type, b.type);
    case "type_tag":
      return b.kind === a.kind && same(comparison, a.type, b.type);
    case "ptr":
    case "void":
      return b.kind === a.kind;
    case "fwd":
    case "func":
    case "func_proto":
    case "var":
    case "datasec":
    case "decl_tag":
      return false;
  }
}

function sameMembers(comparison: Comparison, a: readonly Member[], b: readonly Member[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((member, index) => {
    const other = b[index];
    return (
      member.name === other?.name &&
      member.bitOffset === other.bitOffset &&
      member.bitSize === other.bitSize &&
      same(comparison, member.type, other.type)
    );
  });
}

function sameValues(a: readonly (Enumerator | Enumerator64)[], b: readonly (Enumerator | Enumerator64)[]): boolean {
  return (
    a.length === b.length && a.every(({ name, value }, index) => name === b[index]?.name && value === b[index].value)
  );
}
