import { CoreGenError } from "../errors.ts";
import type { Member, TypeTable } from "./types.ts";

const POINTER_SIZE = 8;
/** Deeper than any compiler nests types, and far from the end of the stack. */
const MAX_DEPTH = 500;

/**
 * The alignment of a type in bytes, or undefined for one that has none: void, a function, a section, an unfinished struct
 * (libbpf: `btf__align_of`).
 *
 * BTF doesn't say it. That of a struct is its members' largest, or 1 when a member or the size doesn't fit to that, as
 * in a packed one; `__attribute__((aligned))` leaves no trace. Throws a `CoreGenError` with code `bad-btf` for a type that
 * contains itself.
 *
 * @example
 * import { alignOf, Btf, BtfBuilder, sizeOf } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const u16 = b.typedef("u16", b.int("unsigned short", 2));
 * const three = b.array(u16, 3, u16);
 * const btf = Btf.parse(b.build());
 * console.log(sizeOf(btf, three), alignOf(btf, three)); // 6 2
 */
export function alignOf(types: TypeTable, id: number): number | undefined {
  return alignmentOf(types, id, new Map(), 0);
}

/** `known` holds what has been found out: without it, structs of structs would be looked at again and again. */
function alignmentOf(
  types: TypeTable,
  id: number,
  known: Map<number, number | undefined>,
  depth: number,
): number | undefined {
  if (known.has(id)) return known.get(id);
  if (depth > MAX_DEPTH) {
    throw new CoreGenError(
      "bad-btf",
      `the alignment of type [${id}] can't be told: it is part of more than ${MAX_DEPTH} types in each other`,
    );
  }
  const alignment = alignmentOfKind(types, id, known, depth);
  known.set(id, alignment);
  return alignment;
}

function alignmentOfKind(
  types: TypeTable,
  id: number,
  known: Map<number, number | undefined>,
  depth: number,
): number | undefined {
  const type = types.type(id);
  switch (type.kind) {
    case "int":
    case "enum":
    case "enum64":
    case "float":
      return Math.min(POINTER_SIZE, type.size);
    case "ptr":
      return POINTER_SIZE;
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "array":
      return alignmentOf(types, type.type, known, depth + 1);
    case "struct":
    case "union":
      return alignmentOfMembers(type.members, type.size, (member) => alignmentOf(types, member, known, depth + 1));
    case "void":
    case "fwd":
    case "func":
    case "func_proto":
    case "var":
    case "datasec":
    case "decl_tag":
      return undefined;
  }
}

function alignmentOfMembers(
  members: readonly Member[],
  size: number,
  alignment: (type: number) => number | undefined,
): number | undefined {
  let largest = 1;
  for (const { type, bitOffset, bitSize } of members) {
    const own = alignment(type);
    // libbpf takes a size of 0, which only damaged BTF has, for no alignment as well.
    if (own === undefined || own === 0) return undefined;
    largest = Math.max(largest, own);
    if (bitSize === 0 && bitOffset % (8 * own) !== 0) return 1;
  }
  return size % largest === 0 ? largest : 1;
}
