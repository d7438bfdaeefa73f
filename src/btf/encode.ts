import { ByteWriter } from "./bytes.ts";
import { kinds, type BtfType, type Linkage } from "./types.ts";

const MAGIC = 0xeb9f;
const HEADER_SIZE = 24;

/**
 * Raw BTF of these types: the first one gets id 1, and they refer to one another by such ids. Strings are stored once.
 * The counterpart of `Btf.parse`; format: https://docs.kernel.org/bpf/btf.html
 */
export function encodeBtf(types: readonly BtfType[], littleEndian: boolean): Uint8Array {
  const strings = new Strings();
  const body = new ByteWriter(littleEndian);
  for (const type of types) encodeType(body, strings, type);
  const text = strings.finish();
  const file = new ByteWriter(littleEndian);
  file.u16(MAGIC);
  file.u8(1); // version
  file.u8(0); // flags
  for (const word of [HEADER_SIZE, 0, body.length, body.length, text.length]) file.u32(word);
  file.append(body.finish());
  file.append(text);
  return file.finish();
}

class Strings {
  readonly #bytes = new ByteWriter(true);
  readonly #offsets = new Map<string, number>([["", 0]]);

  constructor() {
    this.#bytes.u8(0);
  }

  offsetOf(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#bytes.length;
    this.#bytes.append(new TextEncoder().encode(`${text}\0`));
    this.#offsets.set(text, offset);
    return offset;
  }

  finish(): Uint8Array {
    return this.#bytes.finish();
  }
}

function encodeType(out: ByteWriter, strings: Strings, type: BtfType): void {
  const { vlen, kindFlag, sizeOrType, words } = partsOf(type, (text) => strings.offsetOf(text));
  out.u32(strings.offsetOf(type.name));
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
    case "type_tag":
      return { ...none, sizeOrType: type.type };
    case "array":
      return { ...none, sizeOrType: 0, words: [type.type, type.indexType, type.nelems] };
    case "struct":
    case "union": {
      // With bit-fields each offset has two parts: the bit-field's size above, the bit offset below.
      const kindFlag = type.members.some(({ bitSize }) => bitSize > 0);
      const words = type.members.flatMap((member) => [
        nameOf(member.name),
        member.type,
        member.bitOffset | (member.bitSize << 24),
      ]);
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
      return { ...none, sizeOrType: type.type, words: [type.componentIdx] };
  }
}

function linkageNumber(linkage: Linkage): number {
  return ["static", "global", "extern"].indexOf(linkage);
}
