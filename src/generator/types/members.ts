import { cMember } from "../../btf/c-declaration.ts";
import { skipModifiers } from "../../btf/resolve.ts";
import type { IntType, Member, StructType, TypeTable, UnionType } from "../../btf/types.ts";
import { pascalCase, UniqueNames } from "../names.ts";
import { badTypes, MAX_DEPTH } from "./bad-types.ts";
import { applyHint, bitFieldIsBig, type Hint, type Hints } from "./hints.ts";
import { isBig, type BitField, type Field, type Part, type Shape } from "./shape.ts";

const MAX_MEMBERS = 65536;

/** A type, and which it is. */
export interface TypeWithId<T> {
  readonly id: number;
  readonly type: T;
}

export type Composite = StructType | UnionType;

/** What members need to know of other types. */
export interface TypeShapes {
  readonly types: TypeTable;
  readonly hints: Hints;
  /** The shape of a type; `hint` names it if it has no name. */
  shapeOf(id: number, hint: string, depth: number): Shape;
  /** `sizeof` a type in bytes, 0 for one that has no size. */
  sizeOf(id: number): number;
}

/** Flattens the members of one declared struct or union: anonymous members are inlined, as C does. */
export class MemberLowering {
  readonly #lowering: TypeShapes;
  readonly #c: string;
  readonly #typeName: string;
  readonly #depth: number;
  readonly #names = new UniqueNames();
  #count = 0;

  constructor(lowering: TypeShapes, c: string, typeName: string, depth: number) {
    this.#lowering = lowering;
    this.#c = c;
    this.#typeName = typeName;
    this.#depth = depth;
  }

  /** `tail`: whether what follows the members is the end of the declared struct, so that a flexible array may be last. */
  partsOf({ id, type }: TypeWithId<Composite>, startBit = 0, tail = true, nesting = 0): Part[] {
    if (type.kind === "union") {
      const fields = this.#fieldsOf({ id, type }, startBit, tail, nesting);
      return [{ kind: "overlay", offset: startBit >> 3, size: type.size, fields }];
    }
    return type.members.flatMap((member, index) => {
      const last = tail && isLast(type, member);
      const inner = this.#anonymous(member, nesting);
      if (inner !== undefined) return this.partsOf(inner, startBit + member.bitOffset, last, nesting + 1);
      return this.#field({ id, type }, index, startBit, last).map((field): Part => ({ kind: "field", field }));
    });
  }

  /** The members of a union: those of an anonymous struct in it are members of their own that share no bytes. */
  #fieldsOf({ id, type }: TypeWithId<Composite>, startBit: number, tail: boolean, nesting: number): Field[] {
    return type.members.flatMap((member, index) => {
      const last = tail && (type.kind === "union" || isLast(type, member));
      const inner = this.#anonymous(member, nesting);
      if (inner !== undefined) return this.#fieldsOf(inner, startBit + member.bitOffset, last, nesting + 1);
      return this.#field({ id, type }, index, startBit, last);
    });
  }

  /** The struct or union that a member without a name inlines. */
  #anonymous(member: Member, nesting: number): TypeWithId<Composite> | undefined {
    if (++this.#count > MAX_MEMBERS)
      throw badTypes(`${this.#c} has more than ${MAX_MEMBERS} members, anonymous ones inlined`);
    if (member.name !== "") return undefined;
    const type = this.#lowering.types.type(member.type);
    if (type.kind !== "struct" && type.kind !== "union") return undefined;
    if (nesting > MAX_DEPTH) throw badTypes(`${this.#c} nests more than ${MAX_DEPTH} anonymous structs`);
    return { id: member.type, type };
  }

  #field({ id, type: parent }: TypeWithId<Composite>, index: number, startBit: number, last: boolean): Field[] {
    const member = parent.members[index];
    // Bit-fields without a name are padding.
    if (member === undefined || member.name === "") return [];
    const where = `${this.#c}, member ${member.name}`;
    const hint = this.#lowering.hints.of(id, index, where);
    const plain = this.#lowering.shapeOf(member.type, this.#typeName + pascalCase(member.name), this.#depth);
    const bits = this.#bitField(member, plain, startBit, hint, where);
    const shape = hint === undefined ? plain : applyHint(plain, hint, where);
    this.#checkInside(parent, member, bits);
    const name = this.#names.take(member.name);
    const offset = Math.floor((startBit + member.bitOffset) / 8);
    return [{ name, offset, shape: last ? flexible(shape) : shape, bits, c: cMember(this.#lowering.types, member) }];
  }

  #bitField(
    member: Member,
    shape: Shape,
    startBit: number,
    hint: Hint | undefined,
    where: string,
  ): BitField | undefined {
    const scalar =
      shape.kind === "enum" ? shape.declaration.scalar : shape.kind === "scalar" ? shape.scalar : undefined;
    if (scalar === undefined || scalar === "pointer") return undefined;
    // Compilers before LLVM 8 and old pahole say the width in the int type, not in the member.
    const narrow = member.bitSize === 0 ? this.#narrowInt(member.type) : undefined;
    const size = narrow?.bits ?? member.bitSize;
    if (size === 0) return undefined;
    const offset = startBit + member.bitOffset + (narrow?.offset ?? 0);
    const big = hint === undefined ? isBig(scalar) : bitFieldIsBig(hint, size, where);
    return { offset, size, signed: scalar.startsWith("i"), big };
  }

  #narrowInt(id: number): IntType | undefined {
    const { type } = skipModifiers(this.#lowering.types, id);
    return type.kind === "int" && (type.bits !== type.size * 8 || type.offset !== 0) ? type : undefined;
  }

  #checkInside(parent: Composite, member: Member, bits: BitField | undefined): void {
    const end = member.bitOffset + (bits === undefined ? this.#lowering.sizeOf(member.type) * 8 : bits.size);
    if (end > parent.size * 8) throw badTypes(`the member ${member.name} of ${this.#c} ends after its ${parent.kind}`);
  }
}

function isLast(parent: Composite, member: Member): boolean {
  return parent.members[parent.members.length - 1] === member;
}

/** A last member that is an array of no elements is a flexible array (libbpf: `is_flex_arr`). */
function flexible(shape: Shape): Shape {
  if (shape.kind === "list" && shape.count === 0) return { kind: "rest", element: shape.element, stride: shape.stride };
  if (shape.kind === "text" && shape.size === 0) return { kind: "restText" };
  if (shape.kind === "bytes" && shape.size === 0) return { kind: "restBytes" };
  return shape;
}
