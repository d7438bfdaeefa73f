import { cDeclaration, cTypeName } from "../c-declaration.ts";
import { CoreGenError } from "../../errors.ts";
import { sizeOf, skipModifiers } from "../resolve.ts";
import type { BtfType, FuncProtoType, Member, StructType, TypeTable, UnionType } from "../types.ts";

/** Kinds of types that two kernels can be compared by. Both kinds of enums are one here. */
export const comparedKinds = ["struct", "union", "enum", "typedef", "func", "var"] as const;
export type ComparedKind = (typeof comparedKinds)[number];

/** One member, where it lies. Members of anonymous structs and unions are their parent's. */
export interface FieldFacts {
  /** "comm", "headers.tail" of a struct that has no name of its own. */
  readonly name: string;
  /** Its type in C. */
  readonly type: string;
  /** From the start of the outermost type. */
  readonly bitOffset: number;
  /** Of a bit-field, else 0. */
  readonly bitSize: number;
  /** In bytes. */
  readonly size: number;
}

/** One value of an enum. */
export interface EnumeratorFacts {
  readonly name: string;
  readonly value: string;
}

/** All that is compared of one type. */
export interface TypeFacts {
  /** In bytes; undefined for functions and unfinished types. */
  readonly size: number | undefined;
  /** What a typedef or variable is, or a function's prototype; "" for what has fields or enumerators. */
  readonly text: string;
  readonly fields: readonly FieldFacts[];
  readonly enumerators: readonly EnumeratorFacts[];
}

/** Of one type, those of anonymous structs in it included. */
const MAX_MEMBERS = 65536;
const MAX_DEPTH = 32;
const none = { size: undefined, text: "", fields: [], enumerators: [] };

/** Collects what is compared of types of one BTF. */
export class FactsOf {
  readonly #types: TypeTable;
  readonly #names = new Map<number, string>();
  /** Members of the type that is collected now. */
  #seen = 0;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  /** The facts of a struct, union, enum, typedef, function or variable. Throws a `CoreGenError` for types that have no end. */
  of(id: number): TypeFacts {
    const type = this.#types.type(id);
    switch (type.kind) {
      case "struct":
      case "union":
        return { ...none, size: type.size, fields: this.#fields(type) };
      case "enum":
      case "enum64":
        return {
          ...none,
          size: type.size,
          enumerators: type.values.map(({ name, value }) => ({ name, value: `${value}` })),
        };
      case "typedef":
        return this.#typedef(type.type);
      case "func":
        return { ...none, text: this.#prototype(this.#types.type(type.type)) };
      case "var":
        return { ...none, size: this.#sizeOf(type.type), text: this.#name(type.type) };
      default:
        return none;
    }
  }

  /** A typedef of something without a name is compared as that. */
  #typedef(target: number): TypeFacts {
    const { type } = skipModifiers(this.#types, target);
    const inner = type.name === "" && (type.kind === "struct" || type.kind === "union") ? this.#fields(type) : [];
    return { ...none, size: this.#sizeOf(target), text: this.#name(target), fields: inner };
  }

  #prototype(type: BtfType): string {
    return type.kind === "func_proto" ? `${this.#name(type.type)} (${this.#params(type)})` : "";
  }

  #params({ params }: FuncProtoType): string {
    const texts = params.map(({ type, name }) => (type === 0 ? "..." : cDeclaration(this.#types, type, name)));
    return texts.length === 0 ? "void" : texts.join(", ");
  }

  #fields(type: StructType | UnionType): FieldFacts[] {
    this.#seen = 0;
    const all: FieldFacts[] = [];
    this.#collect(type, 0, "", all, 0);
    return all;
  }

  #collect(type: StructType | UnionType, start: number, path: string, into: FieldFacts[], depth: number): void {
    this.#seen += type.members.length + 1;
    if (depth > MAX_DEPTH || this.#seen > MAX_MEMBERS)
      throw new CoreGenError(
        "bad-btf",
        `${type.kind} ${type.name} has more than ${MAX_MEMBERS} members, or contains itself`,
      );
    for (const member of type.members) {
      const bitOffset = start + member.bitOffset;
      const inner = this.#unnamed(member);
      if (member.name !== "") into.push(this.#field(member, bitOffset, path));
      if (inner !== undefined)
        this.#collect(inner, bitOffset, member.name === "" ? path : `${path}${member.name}.`, into, depth + 1);
    }
  }

  #field(member: Member, bitOffset: number, path: string): FieldFacts {
    const { name, type, bitSize } = member;
    return { name: `${path}${name}`, type: this.#name(type), bitOffset, bitSize, size: this.#sizeOf(type) ?? 0 };
  }

  /** The struct or union without a name that a member is, or that its array consists of. */
  #unnamed({ type: id }: Member): StructType | UnionType | undefined {
    let { type } = skipModifiers(this.#types, id);
    for (let depth = 0; type.kind === "array" && depth < MAX_DEPTH; depth++)
      ({ type } = skipModifiers(this.#types, type.type));
    return (type.kind === "struct" || type.kind === "union") && type.name === "" && !this.#isTypedef(id)
      ? type
      : undefined;
  }

  /** What a typedef names is compared where the typedef is. */
  #isTypedef(id: number): boolean {
    const type = this.#types.type(id);
    return type.kind === "typedef" || (type.kind === "array" && this.#types.type(type.type).kind === "typedef");
  }

  #sizeOf(id: number): number | undefined {
    return sizeOf(this.#types, id);
  }

  #name(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = cTypeName(this.#types, id);
    this.#names.set(id, name);
    return name;
  }
}
