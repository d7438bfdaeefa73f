import { sizeOf } from "../../btf/resolve.ts";
import type { BtfType, DeclTagType, Member } from "../../btf/types.ts";
import { readBitOffset } from "./bit-offset.ts";
import {
  DW_AT_bit_size,
  DW_AT_byte_size,
  DW_AT_const_value,
  DW_AT_count,
  DW_AT_declaration,
  DW_AT_encoding,
  DW_AT_name,
  DW_AT_type,
  DW_AT_upper_bound,
  DW_ATE_boolean,
  DW_ATE_float,
  DW_ATE_signed,
  DW_ATE_signed_char,
  DW_TAG_array_type,
  DW_TAG_atomic_type,
  DW_TAG_base_type,
  DW_TAG_const_type,
  DW_TAG_enumeration_type,
  DW_TAG_enumerator,
  DW_TAG_LLVM_annotation,
  DW_TAG_member,
  DW_TAG_pointer_type,
  DW_TAG_restrict_type,
  DW_TAG_structure_type,
  DW_TAG_subrange_type,
  DW_TAG_subroutine_type,
  DW_TAG_typedef,
  DW_TAG_union_type,
  DW_TAG_unspecified_type,
  DW_TAG_volatile_type,
} from "./constants.ts";
import type { Die } from "./die.ts";
import type { LayeredTypes } from "./layered-types.ts";
import { skipModifiers } from "./named.ts";
import { sameLayout } from "./same-layout.ts";

/** C types nest a few levels deep; debug info that nests deeper than this refers to itself. */
const MAX_DEPTH = 64;
const MAX_SIZE = 0xffff_ffff;

/**
 * Turns DWARF types into BTF types on top of an object's BTF.
 *
 * A type that the BTF has, with the same name and layout, is that one. Pointers are not followed into structs: behind
 * one lies half the kernel.
 */
export class DwarfTypes {
  readonly types: LayeredTypes;
  readonly #ids = new Map<number, number>();
  readonly #open = new Set<number>();
  readonly #forwards = new Map<string, number>();
  #indexType: number | undefined;

  constructor(types: LayeredTypes) {
    this.types = types;
  }

  /** The id of the type that a DIE describes. Throws a `CoreGenError` with code `bad-dwarf` for one that can't be in memory. */
  idOf(die: Die): number {
    const known = this.#ids.get(die.offset);
    if (known !== undefined) return known;
    if (this.#open.has(die.offset)) die.fail("is a type that contains itself");
    if (this.#open.size >= MAX_DEPTH) die.fail(`is a type inside ${MAX_DEPTH} others`);
    this.#open.add(die.offset);
    const id = this.#convert(die);
    this.#open.delete(die.offset);
    this.#ids.set(die.offset, id);
    return id;
  }

  #convert(die: Die): number {
    const name = die.string(DW_AT_name) ?? "";
    switch (die.tag) {
      case DW_TAG_base_type:
        return this.#named(baseType(die, name));
      case DW_TAG_typedef:
        return this.#named({ kind: "typedef", name, type: this.#typeOf(die) });
      case DW_TAG_const_type:
        return this.types.add({ kind: "const", name: "", type: this.#typeOf(die) });
      case DW_TAG_volatile_type:
        return this.types.add({ kind: "volatile", name: "", type: this.#typeOf(die) });
      case DW_TAG_restrict_type:
        return this.types.add({ kind: "restrict", name: "", type: this.#typeOf(die) });
      case DW_TAG_atomic_type:
        return this.#typeOf(die);
      case DW_TAG_pointer_type:
        return this.types.add({ kind: "ptr", name: "", type: this.#pointee(die.target(DW_AT_type)) });
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        return this.#struct(die, name);
      case DW_TAG_enumeration_type:
        return die.flag(DW_AT_declaration) ? this.#forward(name, false) : this.#named(enumType(die, name));
      case DW_TAG_array_type:
        return this.#array(die);
      case DW_TAG_unspecified_type:
      case DW_TAG_subroutine_type:
        return 0;
      default:
        return die.fail(`has the tag 0x${die.tag.toString(16)}, which is no type that C has`);
    }
  }

  #typeOf(die: Die): number {
    const target = die.target(DW_AT_type);
    return target === undefined ? 0 : this.idOf(target);
  }

  /** The BTF's own type when it is the same, else the new one. */
  #named(type: BtfType): number {
    const inBase = this.types.findInBase(type.name, type.kind);
    const id = this.types.add(type);
    return inBase !== undefined && sameLayout(this.types, inBase, id) ? inBase : id;
  }

  #struct(die: Die, name: string): number {
    const kind = die.tag === DW_TAG_structure_type ? "struct" : "union";
    if (die.flag(DW_AT_declaration)) return this.#forward(name, kind === "union");
    const size = die.number(DW_AT_byte_size) ?? die.fail("is a struct without a size");
    if (size < 0 || size > MAX_SIZE) die.fail(`is a struct of ${size} bytes`);
    const members: Member[] = [];
    const tags: MemberTag[] = [];
    for (const child of die.children()) {
      if (child.tag !== DW_TAG_member) continue;
      for (const tag of declTagsOf(child)) tags.push({ name: tag, componentIdx: members.length });
      members.push(this.#member(child));
    }
    const known = this.types.typeCount;
    const id = this.#named({ kind, name, size, members });
    // The BTF's own struct has its tags in the BTF.
    if (id >= known) for (const tag of tags) this.types.add({ kind: "decl_tag", type: id, ...tag });
    return id;
  }

  #member(die: Die): Member {
    const target = die.target(DW_AT_type) ?? die.fail("is a member without a type");
    const type = this.idOf(target);
    const bitSize = die.number(DW_AT_bit_size) ?? 0;
    const bitOffset = readBitOffset(die, bitSize, this.types.littleEndian, () => sizeOf(this.types, type));
    return { name: die.string(DW_AT_name) ?? "", type, bitOffset, bitSize };
  }

  /** `T[2][3]` is one DIE with two bounds; in BTF it is an array of arrays. */
  #array(die: Die): number {
    const bounds: number[] = [];
    for (const child of die.children()) if (child.tag === DW_TAG_subrange_type) bounds.push(elementCount(child));
    let type = this.#typeOf(die);
    for (const nelems of bounds.reverse()) {
      type = this.types.add({ kind: "array", name: "", type, indexType: this.#arrayIndex(), nelems });
    }
    return type;
  }

  /** What clang makes the index of every array in BTF. */
  #arrayIndex(): number {
    const name = "__ARRAY_SIZE_TYPE__";
    this.#indexType ??=
      this.types.findInBase(name, "int") ??
      this.types.add({ kind: "int", name, size: 4, bits: 32, offset: 0, signed: false, char: false, bool: false });
    return this.#indexType;
  }

  /** What a pointer points to, as far as it can be said without reading structs: for people, not for decoding. */
  #pointee(target: Die | undefined): number {
    switch (target?.tag) {
      case DW_TAG_structure_type:
      case DW_TAG_union_type: {
        const name = target.string(DW_AT_name) ?? "";
        const union = target.tag === DW_TAG_union_type;
        if (name === "") return 0;
        return this.types.findInBase(name, union ? "union" : "struct") ?? this.#forward(name, union);
      }
      case DW_TAG_base_type:
        return this.idOf(target);
      case DW_TAG_const_type: {
        const type = this.#pointee(target.target(DW_AT_type));
        return type === 0 ? 0 : this.types.add({ kind: "const", name: "", type });
      }
      default:
        return 0;
    }
  }

  #forward(name: string, union: boolean): number {
    const key = `${union ? "union" : "struct"} ${name}`;
    const id = this.#forwards.get(key) ?? this.types.add({ kind: "fwd", name, union });
    this.#forwards.set(key, id);
    return id;
  }
}

type MemberTag = Pick<DeclTagType, "name" | "componentIdx">;

/** `__attribute__((btf_decl_tag("…")))`, which clang puts inside of what it is about. */
function* declTagsOf(die: Die): Generator<string> {
  for (const child of die.children()) {
    if (child.tag !== DW_TAG_LLVM_annotation || child.string(DW_AT_name) !== "btf_decl_tag") continue;
    const tag = child.string(DW_AT_const_value);
    if (tag !== undefined) yield tag;
  }
}

function baseType(die: Die, name: string): BtfType {
  const size = die.number(DW_AT_byte_size) ?? die.fail("is a base type without a size");
  const encoding = die.number(DW_AT_encoding);
  if (encoding === DW_ATE_float) return { kind: "float", name, size };
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8 && size !== 16) die.fail(`is a base type of ${size} bytes`);
  return {
    kind: "int",
    name,
    size,
    bits: 8 * size,
    offset: 0,
    signed: encoding === DW_ATE_signed || encoding === DW_ATE_signed_char,
    // clang marks no int of BTF as a char.
    char: false,
    bool: encoding === DW_ATE_boolean,
  };
}

function enumType(die: Die, name: string): BtfType {
  const size = die.number(DW_AT_byte_size) ?? die.fail("is an enum without a size");
  const enumerators = [...die.children()].filter((child) => child.tag === DW_TAG_enumerator);
  const signed = isSigned(die, enumerators);
  const values = enumerators.map((child) => {
    const value = child.constant(DW_AT_const_value, signed) ?? child.fail("is an enumerator without a value");
    return {
      name: child.string(DW_AT_name) ?? "",
      value: signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value),
    };
  });
  if (size > 4) return { kind: "enum64", name, size, signed, values };
  return { kind: "enum", name, size, signed, values: values.map((v) => ({ name: v.name, value: Number(v.value) })) };
}

/** DWARF 2 does not name the type that an enum is stored as; then a negative value tells. */
function isSigned(die: Die, enumerators: readonly Die[]): boolean {
  const target = die.target(DW_AT_type);
  const encoding = target === undefined ? undefined : skipModifiers(target)?.number(DW_AT_encoding);
  if (encoding === undefined) return enumerators.some((child) => (child.constant(DW_AT_const_value) ?? 0n) < 0n);
  return encoding === DW_ATE_signed || encoding === DW_ATE_signed_char;
}

/** How many elements a dimension has; 0 for a flexible array, and for one whose length only the running code knows. */
function elementCount(die: Die): number {
  const upperBound = die.number(DW_AT_upper_bound);
  const count = die.number(DW_AT_count) ?? (upperBound === undefined ? 0 : upperBound + 1);
  // gcc writes the upper bound -1 for a length of 0, with all bits set.
  if (count < 0 || count > MAX_SIZE) die.fail(`is an array of ${count} elements`);
  return count;
}
