import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { BtfType, Member, StructType, TypeTable, UnionType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { nearestNames } from "./nearest.ts";
import type { MapRecords, RecordVariants, TaggedRecords } from "./record-info.ts";

/** Structs that one buffer carries, and how they are told apart. */
export type Variants = Pick<MapRecords, "candidates"> & { readonly variants: RecordVariants };

type Composite = StructType | UnionType;
type Integer = Extract<BtfType, { kind: "int" | "enum" | "enum64" }>;

/** A member that tells structs apart, and where it is. */
interface Tag {
  readonly type: Integer;
  /** From the start of the struct. */
  readonly bitOffset: number;
  readonly bits: number;
}

/** Checks that the structs which somebody names can be told apart, and finds out how. */
export class VariantFinder {
  readonly #types: TypeTable;
  readonly #where: string;

  /** `where` begins every error: the file and the flag. */
  constructor(types: TypeTable, where: string) {
    this.#types = types;
    this.#where = where;
  }

  /**
   * Structs that are told apart by the length of a record. `find` looks a struct up by its name.
   *
   * Throws a `CoreGenError` with code `bad-input` when two have the same length, or one has no length of its own.
   */
  bySize(names: readonly string[], find: (struct: string) => number, inPerfBuffer: boolean): Variants {
    const structs = names.map((name) => ({ name, id: find(name) }));
    const lengths = structs.map(({ name, id }) => {
      if (this.#endsFlexibly(id))
        throw this.#error(`${name} ends in a flexible array, so its size does not tell it apart`, hintTag);
      const size = sizeOf(this.#types, id) ?? 0;
      return inPerfBuffer ? lengthOfSample(size) : size;
    });
    lengths.forEach((length, i) => {
      const first = lengths.indexOf(length);
      if (first === i) return;
      const both = `${names[first] ?? ""} and ${names[i] ?? ""}`;
      const why = inPerfBuffer ? `records of ${length} bytes, as perf buffers round them up` : `${length} bytes`;
      throw this.#error(`${both} both have ${why}, so the size does not tell them apart`, hintTag);
    });
    return { candidates: structs.map(({ id }) => id), variants: { by: "size", lengths } };
  }

  /**
   * Structs that are told apart by the value of a member.
   *
   * Throws a `CoreGenError` with code `bad-input` when one of them has no such member or has it elsewhere, and for
   * values that the member can't have.
   */
  byTag({ tag: path, structs }: TaggedRecords, find: (struct: string) => number): Variants {
    const candidates: number[] = [];
    const values: bigint[][] = [];
    const seen = new Map<bigint, string>();
    let first: { readonly tag: Tag; readonly name: string } | undefined;
    for (const [text, name] of structs) {
      const id = find(name);
      const tag = this.#tagOf(id, name, path);
      first ??= { tag, name };
      this.#checkSamePlace(path, first, { tag, name });
      const value = this.#value(path, tag, text);
      if (seen.has(value))
        throw this.#error(`it names two structs for ${path} ${value}: ${seen.get(value) ?? ""} and ${name}`);
      seen.set(value, name);
      if (!candidates.includes(id)) values[candidates.push(id) - 1] = [];
      values[candidates.indexOf(id)]?.push(value);
    }
    const tagEnd = first === undefined ? 0 : Math.ceil((first.tag.bitOffset + first.tag.bits) / 8);
    return { candidates, variants: { by: "tag", tag: path, tagEnd, values } };
  }

  #endsFlexibly(id: number): boolean {
    const { type } = skipModifiers(this.#types, id);
    if (type.kind !== "struct" && type.kind !== "union") return false;
    const last = type.members.at(-1);
    if (last === undefined) return false;
    const { type: member } = skipModifiers(this.#types, last.type);
    if (member.kind === "array") return member.nelems === 0;
    return last.name === "" && this.#endsFlexibly(last.type);
  }

  #tagOf(id: number, name: string, path: string): Tag {
    let bitOffset = 0;
    let at = id;
    let bits = 0;
    for (const step of path.split(".")) {
      const { type } = skipModifiers(this.#types, at);
      const isComposite = type.kind === "struct" || type.kind === "union";
      const found = isComposite ? this.#member(type, step, 0) : undefined;
      if (found === undefined) throw this.#noMember(name, path, isComposite ? this.#memberNames(type) : []);
      bitOffset += found.bitOffset;
      at = found.type;
      bits = found.bitSize;
    }
    const { type } = skipModifiers(this.#types, at);
    if (type.kind === "enum" || type.kind === "enum64") return { type, bitOffset, bits: bits || type.size * 8 };
    if (type.kind !== "int") throw this.#error(`${path} of ${name} is no integer, and tags are`);
    return { type, bitOffset: bitOffset + type.offset, bits: bits || type.bits };
  }

  /** A member, also one of an anonymous struct or union inside, as C finds it. */
  #member(parent: Composite, name: string, depth: number): Member | undefined {
    for (const member of parent.members) {
      if (member.name === name) return member;
      const { type } = skipModifiers(this.#types, member.type);
      if (member.name !== "" || depth > MAX_DEPTH || (type.kind !== "struct" && type.kind !== "union")) continue;
      const inner = this.#member(type, name, depth + 1);
      if (inner !== undefined) return { ...inner, bitOffset: member.bitOffset + inner.bitOffset };
    }
    return undefined;
  }

  #memberNames(parent: Composite): string[] {
    return parent.members.map(({ name }) => name).filter((name) => name !== "");
  }

  #noMember(struct: string, path: string, known: readonly string[]): CoreGenError {
    const near = nearestNames(path, known);
    const hint = near.length > 0 ? `Did you mean ${near.map((name) => `"${name}"`).join(" or ")}?` : undefined;
    return this.#error(`${struct} has no member ${path}`, hint);
  }

  #checkSamePlace(path: string, one: { tag: Tag; name: string }, other: { tag: Tag; name: string }): void {
    if (one.tag.bitOffset !== other.tag.bitOffset) {
      const places = [one, other].map(({ tag, name }) => `${describePlace(tag.bitOffset)} of ${name}`);
      throw this.#error(`${path} is not at the same place in all structs: ${places.join(", ")}`);
    }
    if (one.tag.bits !== other.tag.bits || isSigned(one.tag.type) !== isSigned(other.tag.type)) {
      const types = [one, other].map(({ tag, name }) => `${describeType(tag)} in ${name}`);
      throw this.#error(`${path} is not of the same type in all structs: ${types.join(", ")}`);
    }
  }

  #value(path: string, tag: Tag, text: string): bigint {
    const value = this.#number(path, tag, text);
    const { type } = tag;
    const bits = type.kind === "int" && type.bool ? 1 : tag.bits;
    const [least, most] = isSigned(type)
      ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
      : [0n, (1n << BigInt(bits)) - 1n];
    if (value < least || value > most) throw this.#error(`${path} is ${describeType(tag)} and never ${text}`);
    return value;
  }

  #number(path: string, { type }: Tag, text: string): bigint {
    if (/^-?(?:0x[0-9a-f]+|[0-9]+)$/iu.test(text)) return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
    if (type.kind === "int")
      throw this.#error(`"${text}" is no number, and ${path} is no enum whose values have names`);
    const named = type.values.find(({ name }) => name === text);
    if (named !== undefined) return BigInt(named.value);
    const near = nearestNames(text, type.values.map(({ name }) => name)); // prettier-ignore
    const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : undefined;
    throw this.#error(`the enum of ${path} has no value ${text}`, hint);
  }

  #error(problem: string, hint?: string): CoreGenError {
    return new CoreGenError("bad-input", `${this.#where}: ${problem}`, { hints: hint === undefined ? [] : [hint] });
  }
}

const MAX_DEPTH = 32;
const hintTag = "If a member of all structs says which one it is: --record MAP=MEMBER:0=ONE,1=OTHER.";

/** The kernel rounds a sample and the u32 with its size up to 8 bytes (`perf_prepare_sample`), and nothing tells what it was. */
function lengthOfSample(size: number): number {
  return ((size + 4 + 7) & ~7) - 4;
}

function isSigned(type: Integer): boolean {
  return type.signed;
}

function describePlace(bitOffset: number): string {
  return bitOffset % 8 === 0 ? `at byte ${bitOffset / 8}` : `at bit ${bitOffset}`;
}

function describeType({ type, bits }: Tag): string {
  return `${isSigned(type) ? "a signed" : "an unsigned"} number of ${bits} bits`;
}
