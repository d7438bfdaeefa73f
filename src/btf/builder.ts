import type { Btf } from "./btf.ts";
import { checkReferences, checkType } from "./check-type.ts";
import { encodeBtf } from "./encode.ts";
import { ownTypes } from "./opaque.ts";
import { mapReferences } from "./references.ts";
import type { BtfType, Enumerator, Enumerator64, Linkage, Param, TypeTable, VarSecinfo } from "./types.ts";
import { CoreGenError } from "../errors.ts";

/** How a {@link BtfBuilder} begins. */
export interface BuilderOptions {
  /** Default: true, which is what x86-64 and arm64 have. */
  readonly littleEndian?: boolean;
  /** The BTF that the types continue: theirs get the ids behind its, and may refer to its (split BTF). */
  readonly base?: Btf;
  /** Whether to say how long the types of each kind are, which kernels before 2026 do not read. Default: false. */
  readonly layouts?: boolean;
}

/** A member of a struct or union that is being built. */
export interface NewMember {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly type: number;
  /** In bits from the start. Default: 0, which is all that a union can have. */
  readonly bitOffset?: number;
  /** Bits of a bit-field. Default: 0, an ordinary member. */
  readonly bitSize?: number;
}

/** What kind of integer is being built. */
export interface IntOptions {
  readonly signed?: boolean;
  readonly char?: boolean;
  readonly bool?: boolean;
}

/**
 * Builds BTF, a method per kind (libbpf: `btf__add_int` and its brothers). Each returns the new type's id; what refers to
 * a type names its id, also one that comes later: {@link nextId} says which.
 *
 * A type that makes no sense by itself is refused when it is added, one that refers to what isn't there when all is built: a
 * `CoreGenError` with code `bad-input`, by the rules of libbpf.
 *
 * @example
 * import { Btf, BtfBuilder } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const int = b.int("int", 4, { signed: true });
 * const self = b.pointer(b.nextId + 1); // to the struct that follows
 * b.struct("list", 16, [
 *   { name: "next", type: self },
 *   { name: "value", type: int, bitOffset: 64 },
 * ]);
 * const btf = Btf.parse(b.build());
 * console.log(btf.find("list", "struct")); // 3
 */
export class BtfBuilder implements TypeTable {
  readonly littleEndian: boolean;
  readonly base: Btf | undefined;
  readonly #layouts: boolean;
  readonly #types: BtfType[] = [];

  constructor({ littleEndian, base, layouts = false }: BuilderOptions = {}) {
    this.littleEndian = littleEndian ?? base?.littleEndian ?? true;
    this.base = base;
    this.#layouts = layouts;
  }

  /** The id that the next type will get. */
  get nextId(): number {
    return (this.base?.typeCount ?? 1) + this.#types.length;
  }

  /** How many ids there are by now, with void and the base's types. */
  get typeCount(): number {
    return this.nextId;
  }

  /** The type with this id, as it was added. Throws a `CoreGenError` with code `bad-input` when there is none. */
  type(id: number): BtfType {
    const first = this.base?.typeCount ?? 1;
    if (id === 0) return { kind: "void", name: "" };
    if (id < first && this.base !== undefined) return this.base.type(id);
    const type = this.#types[id - first];
    if (type !== undefined) return type;
    throw new CoreGenError("bad-input", `there is no type [${id}], the last one is [${this.nextId - 1}]`);
  }

  /** Any type, as `Btf.type` gives it. */
  add(type: BtfType): number {
    checkType(type);
    return this.#types.push(type) + (this.base?.typeCount ?? 1) - 1;
  }

  /**
   * All types of other BTF, which has the same base or none, behind those that are here (libbpf: `btf__add_btf`); returns
   * the first one's id. Nothing is merged: `deduplicate` does that.
   */
  addAll(other: Btf): number {
    if (other.base !== undefined && other.base !== this.base)
      throw new CoreGenError("bad-input", `the types of ${other.what} can't be added: they continue another base`);
    const distance = this.nextId - other.firstId;
    const first = this.nextId;
    for (const type of ownTypes(other)) {
      if (type.kind === "opaque")
        throw new CoreGenError("unsupported", `the types of ${other.what} can't be added: not all kinds are known`);
      // What has been read stays as it is, also where nobody would write it so.
      this.#types.push(mapReferences(type, (id) => (id < other.firstId ? id : id + distance)));
    }
    return first;
  }

  /** `unsigned int`, `char`, `bool`: all `size` bytes of it, 1 to 16. */
  int(name: string, size: number, { signed = false, char = false, bool = false }: IntOptions = {}): number {
    return this.add({ kind: "int", name, size, bits: size * 8, offset: 0, signed, char, bool });
  }

  /** `float`, `double`: of 2, 4, 8, 12 or 16 bytes. */
  float(name: string, size: number): number {
    return this.add({ kind: "float", name, size });
  }

  /** `type *`; to 0 it is `void *`. */
  pointer(type: number): number {
    return this.add({ kind: "ptr", name: "", type });
  }

  /** `typedef type name`. */
  typedef(name: string, type: number): number {
    return this.add({ kind: "typedef", name, type });
  }

  const(type: number): number {
    return this.add({ kind: "const", name: "", type });
  }

  volatile(type: number): number {
    return this.add({ kind: "volatile", name: "", type });
  }

  restrict(type: number): number {
    return this.add({ kind: "restrict", name: "", type });
  }

  /** `type[nelems]`; the format wants an integer type for the index, too. */
  array(type: number, nelems: number, indexType: number): number {
    return this.add({ kind: "array", name: "", type, indexType, nelems });
  }

  /** `struct name { … }` of `size` bytes; without a name it is an anonymous one. */
  struct(name: string, size: number, members: readonly NewMember[]): number {
    return this.add({ kind: "struct", name, size, members: members.map(complete) });
  }

  /** `union name { … }` of `size` bytes; without a name it is an anonymous one. */
  union(name: string, size: number, members: readonly NewMember[]): number {
    return this.add({ kind: "union", name, size, members: members.map(complete) });
  }

  /** `enum name { … }` of up to 32 bits: signed when one of its values is negative. Without values it is `enum name;`. */
  enum(name: string, size: number, values: readonly Enumerator[]): number {
    return this.add({ kind: "enum", name, size, signed: values.some(({ value }) => value < 0), values });
  }

  /** `enum name { … }` with values of 64 bits. */
  enum64(name: string, size: number, values: readonly Enumerator64[]): number {
    return this.add({ kind: "enum64", name, size, signed: values.some(({ value }) => value < 0n), values });
  }

  /** `struct name;` or `union name;`. */
  forward(name: string, kind: "struct" | "union"): number {
    return this.add({ kind: "fwd", name, union: kind === "union" });
  }

  /** A function; `type` is its prototype. */
  func(name: string, type: number, linkage: Linkage = "global"): number {
    return this.add({ kind: "func", name, type, linkage });
  }

  /** A prototype that returns `type`; a last parameter without name and of type 0 is `...`. */
  prototype(type: number, params: readonly Param[]): number {
    return this.add({ kind: "func_proto", name: "", type, params });
  }

  /** A global variable. */
  variable(name: string, type: number, linkage: Linkage = "global"): number {
    return this.add({ kind: "var", name, type, linkage });
  }

  /** A section of `size` bytes and the variables in it. */
  section(name: string, size: number, vars: readonly VarSecinfo[]): number {
    return this.add({ kind: "datasec", name, size, vars });
  }

  /** `__attribute__((btf_decl_tag("name")))` on `type`, or on its member or parameter `componentIdx`. */
  declTag(name: string, type: number, componentIdx = -1): number {
    return this.add({ kind: "decl_tag", name, type, componentIdx });
  }

  /** `type __attribute__((btf_type_tag("name"))) *`. */
  typeTag(name: string, type: number): number {
    return this.add({ kind: "type_tag", name, type });
  }

  /** Raw BTF of all types, after a look at what they refer to. */
  build(): Uint8Array {
    const first = this.base?.typeCount ?? 1;
    for (const [index, type] of this.#types.entries()) checkReferences(this, first + index, type);
    return encodeBtf(this.#types, this.littleEndian, { base: this.base, layouts: this.#layouts });
  }
}

function complete({ name, type, bitOffset = 0, bitSize = 0 }: NewMember): {
  name: string;
  type: number;
  bitOffset: number;
  bitSize: number;
} {
  return { name, type, bitOffset, bitSize };
}
