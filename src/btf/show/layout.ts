import { skipModifiers } from "../resolve.ts";
import type { BtfType, Member, StructType, TypeTable, UnionType } from "../types.ts";

/** Bytes that a processor fetches at once: 64 on x86 and nearly all of arm64. */
export const CACHELINE = 64;
const POINTER_SIZE = 8;
const MAX_DEPTH = 32;

export type Composite = StructType | UnionType;

/** Where a member lies, in pahole's terms (`struct class_member`). */
export interface MemberLayout {
  readonly member: Member;
  /** Of a bit-field: where the unit that holds it begins, which is as large and aligned as its type. */
  readonly byteOffset: number;
  /** Of its type, also when it is a bit-field. */
  readonly byteSize: number;
  /** In that unit. */
  readonly bitfieldOffset: number;
  /** The alignment that its place suggests if that is more than its type's own, else 0. */
  readonly alignment: number;
}

/**
 * Sizes, alignments and places of members as pahole works them out of BTF, which says less than C does: what is aligned or
 * packed is concluded from where things lie (pahole: `class__fixup_btf_bitfields`, `class__infer_alignment`).
 */
export class LayoutTable {
  readonly types: TypeTable;
  readonly #alignments = new Map<number, number>();

  constructor(types: TypeTable) {
    this.types = types;
  }

  /** The type behind typedefs and qualifiers. */
  strip(id: number): { id: number; type: BtfType } {
    return skipModifiers(this.types, id);
  }

  /** In bytes; 0 for what has no size. */
  sizeOf(id: number, depth = 0): number {
    const { type } = this.strip(id);
    switch (type.kind) {
      case "ptr":
        return POINTER_SIZE;
      case "int":
        return Math.floor(type.bits / 8);
      case "enum":
      case "enum64":
      case "float":
        return type.size;
      case "struct":
      case "union":
        // What C++ gives to empty structs; in C they have no size.
        return type.size === 1 && type.members.length === 0 ? 0 : type.size;
      case "array":
        return depth > MAX_DEPTH ? 0 : this.sizeOf(type.type, depth + 1) * type.nelems;
      default:
        return 0;
    }
  }

  /** The alignment that C gives the type where nothing else is said, in bytes. */
  naturalAlignment(id: number, depth = 0): number {
    const { id: bare, type } = this.strip(id);
    switch (type.kind) {
      case "ptr":
        return POINTER_SIZE;
      case "int":
      case "enum":
      case "enum64":
      case "float":
        return this.sizeOf(bare) || 1;
      case "array":
        return depth > MAX_DEPTH ? 1 : this.naturalAlignment(type.type, depth + 1);
      case "struct":
      case "union":
        return this.#compositeAlignment(bare, type, depth);
      default:
        return 1;
    }
  }

  /** The members with their places, and the alignment of all of it if that is more than the members need, else 0. */
  layoutOf(type: Composite, id: number): { members: MemberLayout[]; alignment: number } {
    let smallest = 0;
    const members = type.members.map((member) => {
      const layout = this.#memberLayout(member, smallest);
      if (layout.byteSize > 0) smallest = layout.byteOffset + layout.byteSize;
      return layout;
    });
    return { members, alignment: inferAlignment(type.size, this.naturalAlignment(id), smallest) };
  }

  #memberLayout(member: Member, smallest: number): MemberLayout {
    const { type } = this.strip(member.type);
    const byteSize = this.sizeOf(member.type);
    const isScalar = type.kind === "int" || type.kind === "enum" || type.kind === "enum64" || type.kind === "float";
    let byteOffset = Math.floor(member.bitOffset / 8);
    let bitfieldOffset = 0;
    if (member.bitSize > 0 && isScalar && byteSize > 0) {
      byteOffset = Math.floor(member.bitOffset / (byteSize * 8)) * byteSize;
      bitfieldOffset = member.bitOffset - byteOffset * 8;
    }
    const alignment = byteSize === 0 ? 0 : inferAlignment(byteOffset, this.naturalAlignment(member.type), smallest);
    return { member, byteOffset, byteSize, bitfieldOffset, alignment };
  }

  #compositeAlignment(id: number, type: Composite, depth: number): number {
    const known = this.#alignments.get(id);
    if (known !== undefined) return known;
    // Stays for types that contain themselves, which no compiler makes.
    this.#alignments.set(id, 1);
    if (depth > MAX_DEPTH) return 1;
    const alignment = type.members.reduce((most, member) => {
      return Math.max(most, this.naturalAlignment(member.type, depth + 1));
    }, 1);
    this.#alignments.set(id, alignment);
    return alignment;
  }
}

/** The smallest alignment that explains why something lies at `offset` and not right behind `end`; 0 when none is needed. */
function inferAlignment(offset: number, natural: number, end: number): number {
  const gap = offset - end;
  if (gap <= 0 || offset % 2 !== 0) return 0;
  const alignment = 2 ** (Math.floor(Math.log2(gap)) + 1);
  if (alignment <= natural) return 0;
  // Where a cacheline begins, that is likelier than any smaller power of two.
  return alignment < CACHELINE && offset % CACHELINE === 0 ? CACHELINE : alignment;
}
