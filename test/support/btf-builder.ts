import { ByteWriter } from "../../src/btf/bytes.ts";
import type { BtfKind } from "../../src/btf/types.ts";
import { kinds } from "../../src/btf/types.ts";

/** How {@link BtfBuilder.build} writes the header and what is around the types. */
export interface BuildOptions {
  readonly version?: number;
  /** `hdr_len`; what is past the known fields is filled with zeros. Default: 24, or 32 with layouts. */
  readonly headerLength?: number;
  /** The layout section, four bytes a kind: `info_sz`, `elem_sz`, flags. */
  readonly layouts?: readonly (readonly [info: number, element: number])[];
  /** Bytes between the types and the strings. */
  readonly gap?: number;
}

/** One type as the format has it: `struct btf_type` and the 32-bit words behind it. */
export interface RawType {
  readonly kind: BtfKind | number;
  readonly name?: string;
  readonly vlen?: number;
  readonly kindFlag?: boolean;
  /** The third word of `struct btf_type`. */
  readonly sizeOrType?: number;
  readonly words?: readonly number[];
}

/** What split BTF needs to know of the BTF that it continues. */
export interface BuilderBase {
  readonly typeCount: number;
  readonly stringsLength: number;
}

/**
 * Writes BTF by hand, for tests: nothing is checked, so that wrong data can be made, too.
 *
 * Words of members, values and parameters begin with a name: {@link string} gives its offset.
 */
export class BtfBuilder {
  readonly littleEndian: boolean;
  readonly #base: BuilderBase | undefined;
  readonly #types: ByteWriter;
  readonly #strings: Uint8Array[] = [];
  readonly #offsets = new Map<string, number>();
  #stringsLength = 0;
  #nextId: number;

  constructor(options: { readonly littleEndian?: boolean; readonly base?: BuilderBase } = {}) {
    this.littleEndian = options.littleEndian ?? true;
    this.#base = options.base;
    this.#nextId = options.base?.typeCount ?? 1;
    this.#types = new ByteWriter(this.littleEndian);
    this.string("");
  }

  /** The offset of a text in the strings; in split BTF it is behind the base's. */
  string(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = (this.#base?.stringsLength ?? 0) + this.#stringsLength;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.#strings.push(bytes);
    this.#stringsLength += bytes.length;
    this.#offsets.set(text, offset);
    return offset;
  }

  /** Appends a type and returns its id. */
  add({ kind, name = "", vlen = 0, kindFlag = false, sizeOrType = 0, words = [] }: RawType): number {
    const number = typeof kind === "number" ? kind : kinds.indexOf(kind);
    // In split BTF the offset 0, which is no name, is the base's.
    this.#types.u32(name === "" ? 0 : this.string(name));
    this.#types.u32((((kindFlag ? 0x80 : 0) | number) << 24) | vlen);
    this.#types.u32(sizeOrType);
    for (const word of words) this.#types.u32(word);
    return this.#nextId++;
  }

  int(name: string, size: number, options: { encoding?: number; bits?: number; offset?: number } = {}): number {
    const { encoding = 0, bits = size * 8, offset = 0 } = options;
    return this.add({ kind: "int", name, sizeOrType: size, words: [(encoding << 24) | (offset << 16) | bits] });
  }

  /** A pointer, typedef, qualifier or type tag. */
  refer(kind: "ptr" | "typedef" | "volatile" | "const" | "restrict" | "type_tag", type: number, name = ""): number {
    return this.add({ kind, name, sizeOrType: type });
  }

  array(type: number, nelems: number, indexType: number = type): number {
    return this.add({ kind: "array", words: [type, indexType, nelems] });
  }

  /** A struct or union; with a size in bits, the member is a bit-field, and all offsets are written with the kind flag. */
  composite(
    kind: "struct" | "union",
    name: string,
    size: number,
    members: readonly (readonly [name: string, type: number, bitOffset: number, bitSize?: number])[],
  ): number {
    const kindFlag = members.some(([, , , bitSize]) => bitSize !== undefined);
    const words = members.flatMap(([member, type, bitOffset, bitSize = 0]) => [
      this.string(member),
      type,
      kindFlag ? (bitSize << 24) | bitOffset : bitOffset,
    ]);
    return this.add({ kind, name, sizeOrType: size, vlen: members.length, kindFlag, words });
  }

  enumeration(name: string, size: number, signed: boolean, values: readonly (readonly [string, number])[]): number {
    const words = values.flatMap(([value, number]) => [this.string(value), number]);
    return this.add({ kind: "enum", name, sizeOrType: size, vlen: values.length, kindFlag: signed, words });
  }

  enumeration64(name: string, signed: boolean, values: readonly (readonly [string, bigint])[]): number {
    const words = values.flatMap(([value, number]) => [
      this.string(value),
      Number(BigInt.asUintN(32, number)),
      Number(BigInt.asUintN(32, number >> 32n)),
    ]);
    return this.add({ kind: "enum64", name, sizeOrType: 8, vlen: values.length, kindFlag: signed, words });
  }

  /** The bytes: header, types, layouts, strings. */
  build(options: BuildOptions = {}): Uint8Array {
    const { version = 1, layouts = [], gap = 0 } = options;
    const headerLength = options.headerLength ?? (layouts.length > 0 ? 32 : 24);
    const types = this.#types.finish();
    const layoutOffset = types.length + gap;
    const stringsOffset = layoutOffset + layouts.length * 4;
    const fields = [0, types.length, stringsOffset, this.#stringsLength, layoutOffset, layouts.length * 4];
    const out = new ByteWriter(this.littleEndian);
    out.u16(0xeb9f);
    out.u8(version);
    out.u8(0);
    out.u32(headerLength);
    for (let at = 8; at < headerLength; at += 4) out.u32(fields[at / 4 - 2] ?? 0);
    out.append(types);
    out.append(new Uint8Array(gap));
    for (const [info, element] of layouts) {
      out.u8(info);
      out.u8(element);
      out.u16(0);
    }
    for (const text of this.#strings) out.append(text);
    return out.finish();
  }
}

/** One of each kind, 1 to 19, with every feature of the format that compilers use. Ids ascend in the order of kinds. */
export function everyKind(littleEndian: boolean): BtfBuilder {
  const b = new BtfBuilder({ littleEndian });
  const int = b.int("int", 4, { encoding: 1 }); // 1
  b.refer("ptr", int); // 2
  b.array(int, 16); // 3
  b.composite("struct", "s", 16, [
    ["plain", int, 0, 0],
    ["", 5, 32, 0],
    ["low", int, 64, 3],
    ["high", int, 67, 13],
  ]); // 4
  b.composite("union", "u", 4, [
    ["i", int, 0],
    ["j", 6, 0],
  ]); // 5
  b.enumeration("e", 4, true, [
    ["MINUS", -1],
    ["ONE", 1],
  ]); // 6
  b.add({ kind: "fwd", name: "later", kindFlag: true }); // 7
  b.refer("typedef", 4, "s_t"); // 8
  b.refer("volatile", int); // 9
  b.refer("const", 9); // 10
  b.refer("restrict", 2); // 11
  b.add({ kind: "func", name: "f", sizeOrType: 13, vlen: 1 }); // 12
  b.add({ kind: "func_proto", sizeOrType: int, vlen: 2, words: [b.string("first"), 2, 0, 0] }); // 13
  b.add({ kind: "var", name: "v", sizeOrType: int, words: [1] }); // 14
  b.add({ kind: "datasec", name: ".data", sizeOrType: 8, vlen: 1, words: [14, 4, 4] }); // 15
  b.add({ kind: "float", name: "double", sizeOrType: 8 }); // 16
  b.add({ kind: "decl_tag", name: "tagged", sizeOrType: 4, words: [-1] }); // 17
  b.refer("type_tag", int, "user"); // 18
  b.enumeration64("e64", false, [
    ["SMALL", 1n],
    ["LARGE", 0xffff_ffff_ffff_ffffn],
  ]); // 19
  return b;
}
