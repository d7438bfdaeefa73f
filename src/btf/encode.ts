import type { Btf } from "./btf.ts";
import { ByteWriter } from "./bytes.ts";
import { readBtfHeader, refuseUnknownFields } from "./header.ts";
import { kindOf } from "./index/offsets.ts";
import { knownLayouts, readLayouts } from "./layout.ts";
import { ownTypes, type OpaqueType } from "./opaque.ts";
import { mostStrings, StringWriter } from "./strings.ts";
import { kinds, type BtfType, type Linkage, type Member } from "./types.ts";
import { writeSections } from "./write.ts";
import { CoreGenError } from "../errors.ts";

/** How {@link encodeBtf} writes. */
export interface EncodeOptions {
  /** The BTF that the types continue: theirs get the ids and string offsets behind its (split BTF). */
  readonly base?: Btf | undefined;
  /** Whether to say how long the types of each kind are, which kernels before 2026 do not read. Default: false. */
  readonly layouts?: boolean;
}

/**
 * Raw BTF of these types: the first one gets id 1, or the first behind the base's, and they refer to one another by such
 * ids. Strings are stored once, in the order in which the types have them. The counterpart of `Btf.parse`.
 *
 * Whether the types make sense together is not looked at: `BtfBuilder` does that. Throws a `CoreGenError` with code
 * `bad-input` for what the format has no room for. Format: https://docs.kernel.org/bpf/btf.html
 *
 * @example
 * import { Btf, encodeBtf } from "core-gen/btf";
 *
 * const int = { kind: "int", name: "int", size: 4, bits: 32, offset: 0, signed: true, char: false, bool: false } as const;
 * const bytes = encodeBtf([int, { kind: "ptr", name: "", type: 1 }], true);
 * console.log(Btf.parse(bytes).type(2)); // { kind: 'ptr', name: '', type: 1 }
 */
export function encodeBtf(
  types: Iterable<BtfType | OpaqueType>,
  littleEndian: boolean,
  { base, layouts = false }: EncodeOptions = {},
): Uint8Array {
  const strings = new StringWriter({ base });
  const body = encodeTypes(types, littleEndian, strings);
  const sections = { littleEndian, types: body, strings: strings.finish() };
  return writeSections(layouts ? { ...sections, layouts: knownLayouts } : sections);
}

/**
 * Types as raw BTF in the manner of `btf`: its byte order, base, length of the header, layout section, and its strings at
 * their places, with those that are new behind them. Without other types its own are written, which gives back the same
 * bytes for all that compilers, pahole and the kernel write.
 *
 * Not kept are bits without a meaning (a kind flag of a struct without bit-fields, other numbers of linkage, unused bits
 * of an `int`), gaps between the sections, and which of two equal strings a type had, or a part of a longer one: it gets
 * the first. Types of unknown kinds are written as they are. Throws a `CoreGenError` with code `unsupported` when
 * the header has more to say than we understand.
 *
 * @example
 * import { Btf, BtfBuilder, encodeLike, ownTypes } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * b.int("long unsigned int", 8);
 * const btf = Btf.parse(b.build());
 * const renamed = [...ownTypes(btf)].map((type) => (type.kind === "int" ? { ...type, name: "unsigned long" } : type));
 * console.log(Btf.parse(encodeLike(btf, renamed)).name(1)); // unsigned long
 */
export function encodeLike(btf: Btf, types: Iterable<BtfType | OpaqueType> = ownTypes(btf)): Uint8Array {
  const { littleEndian, base, bytes } = btf;
  const header = readBtfHeader(bytes, btf.what);
  const own = bytes.subarray(header.stringsStart, header.stringsEnd);
  const strings = new StringWriter({ base, own, most: mostStrings(bytes.length) });
  const body = encodeTypes(types, littleEndian, strings);
  const layouts = readLayouts(bytes.subarray(header.layoutStart, header.layoutEnd), littleEndian);
  refuseUnknownFields(bytes, header, btf.what);
  return writeSections({ littleEndian, types: body, strings: strings.finish(), layouts, headerLength: header.length });
}

/** Bits of `info` and of a member's offset that hold a number of elements or of bits. */
const MAX_VLEN = 0xff_ffff;
const MAX_BIT_FIELD_OFFSET = 0xff_ffff;
const MAX_BIT_FIELD_SIZE = 0xff;

function encodeTypes(types: Iterable<BtfType | OpaqueType>, littleEndian: boolean, strings: StringWriter): Uint8Array {
  const body = new ByteWriter(littleEndian);
  for (const type of types) {
    if (type.kind === "opaque") copyType(body, strings, type);
    else encodeType(body, strings, type);
  }
  return body.finish();
}

function copyType(out: ByteWriter, strings: StringWriter, type: OpaqueType): void {
  if (type.littleEndian !== out.littleEndian) {
    throw new CoreGenError(
      "unsupported",
      `a type of kind ${kindOf(type.info)} can't be written in the other byte order: what it is made of is not known`,
    );
  }
  for (const word of [strings.offsetOf(type.name), type.info, type.sizeOrType]) out.u32(word);
  out.append(type.rest);
}

function encodeType(out: ByteWriter, strings: StringWriter, type: BtfType): void {
  // In libbpf's order (btf__add_struct, btf__add_field): its own name, then those of its elements.
  out.u32(strings.offsetOf(type.name));
  const { vlen, kindFlag, sizeOrType, words } = partsOf(type, (text) => strings.offsetOf(text));
  if (vlen > MAX_VLEN) refuse(type, `has ${vlen} elements, the format can count to ${MAX_VLEN}`);
  out.u32(((kindFlag ? 1 << 31 : 0) | (kinds.indexOf(type.kind) << 24) | vlen) >>> 0);
  out.u32(sizeOrType);
  for (const word of words) out.u32(word >>> 0);
}

/** A type in the terms of `struct btf_type`, and the words behind it. */
interface TypeParts {
  readonly vlen: number;
  readonly kindFlag: boolean;
  readonly sizeOrType: number;
  readonly words: readonly number[];
}

function partsOf(type: BtfType, nameOf: (text: string) => number): TypeParts {
  const none = { vlen: 0, kindFlag: false, words: [] };
  switch (type.kind) {
    case "void":
      throw new TypeError("void is type 0, which is never written");
    case "int": {
      const flags = (type.signed ? 1 : 0) | (type.char ? 2 : 0) | (type.bool ? 4 : 0);
      return { ...none, sizeOrType: type.size, words: [(flags << 24) | (type.offset << 16) | type.bits] };
    }
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { ...none, sizeOrType: type.type };
    case "type_tag":
      return { ...none, kindFlag: type.attribute === true, sizeOrType: type.type };
    case "array":
      return { ...none, sizeOrType: 0, words: [type.type, type.indexType, type.nelems] };
    case "struct":
    case "union": {
      // With bit-fields each offset has two parts: the bit-field's size above, the bit offset below.
      const kindFlag = type.members.some(({ bitSize }) => bitSize > 0);
      const words = type.members.flatMap((member) => {
        if (kindFlag) checkBitField(type, member);
        return [nameOf(member.name), member.type, member.bitOffset | (member.bitSize << 24)];
      });
      return { vlen: type.members.length, kindFlag, sizeOrType: type.size, words };
    }
    case "enum": {
      const words = type.values.flatMap(({ name, value }) => [nameOf(name), value]);
      return { vlen: type.values.length, kindFlag: type.signed, sizeOrType: type.size, words };
    }
    case "enum64": {
      const words = type.values.flatMap(({ name, value }) => [
        nameOf(name),
        Number(BigInt.asUintN(32, value)),
        Number(BigInt.asUintN(32, value >> 32n)),
      ]);
      return { vlen: type.values.length, kindFlag: type.signed, sizeOrType: type.size, words };
    }
    case "fwd":
      return { ...none, kindFlag: type.union, sizeOrType: 0 };
    case "func":
      return { ...none, vlen: linkageNumber(type.linkage), sizeOrType: type.type };
    case "func_proto": {
      const words = type.params.flatMap((param) => [nameOf(param.name), param.type]);
      return { ...none, vlen: type.params.length, sizeOrType: type.type, words };
    }
    case "var":
      return { ...none, sizeOrType: type.type, words: [linkageNumber(type.linkage)] };
    case "datasec": {
      const words = type.vars.flatMap((variable) => [variable.type, variable.offset, variable.size]);
      return { ...none, vlen: type.vars.length, sizeOrType: type.size, words };
    }
    case "float":
      return { ...none, sizeOrType: type.size };
    case "decl_tag":
      return { ...none, kindFlag: type.attribute === true, sizeOrType: type.type, words: [type.componentIdx] };
  }
}

function checkBitField(type: BtfType, { name, bitOffset, bitSize }: Member): void {
  if (bitOffset <= MAX_BIT_FIELD_OFFSET && bitSize <= MAX_BIT_FIELD_SIZE) return;
  const limits = `in a type with bit-fields the format has room for ${MAX_BIT_FIELD_SIZE} bits at ${MAX_BIT_FIELD_OFFSET}`;
  refuse(type, `has ${bitSize} bits at ${bitOffset} in its member "${name}": ${limits}`);
}

function refuse({ kind, name }: BtfType, problem: string): never {
  throw new CoreGenError("bad-input", `BTF can't be written: ${kind} "${name}" ${problem}`);
}

function linkageNumber(linkage: Linkage): number {
  return ["static", "global", "extern"].indexOf(linkage);
}
