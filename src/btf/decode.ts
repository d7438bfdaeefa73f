import type { ByteReader } from "./bytes.ts";
import { kindOf, TYPE_SIZE, vlenOf } from "./index/offsets.ts";
import {
  kinds,
  type BtfType,
  type Enumerator,
  type Enumerator64,
  type Linkage,
  type Member,
  type Param,
} from "./types.ts";

/** What decoding a type needs of the BTF it is in. */
export interface DecodeContext {
  readonly file: ByteReader;
  /** The name at an offset of the string section. */
  name(offset: number): string;
}

/** Decodes the type that begins at byte `at`, of a kind between 1 and 19 and with all its bytes there. */
export function decodeType(context: DecodeContext, at: number): BtfType {
  const { file } = context;
  const name = context.name(file.u32(at));
  const info = file.u32(at + 4);
  // The same four bytes are the size of some kinds and the type of others.
  const sizeOrType = file.u32(at + 8);
  const kindFlag = info >>> 31 === 1;
  const vlen = vlenOf(info);
  const after = at + TYPE_SIZE;
  const kind = kinds[kindOf(info)] ?? "void";
  switch (kind) {
    case "int":
      return decodeInt(file.u32(after), name, sizeOrType);
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { kind, name, type: sizeOrType };
    case "type_tag":
      return kindFlag ? { kind, name, type: sizeOrType, attribute: true } : { kind, name, type: sizeOrType };
    case "array":
      return { kind, name, type: file.u32(after), indexType: file.u32(after + 4), nelems: file.u32(after + 8) };
    case "struct":
    case "union":
      return { kind, name, size: sizeOrType, members: decodeMembers(context, after, vlen, kindFlag) };
    case "enum":
      return {
        kind,
        name,
        size: sizeOrType,
        signed: kindFlag,
        values: decodeEnumerators(context, after, vlen, kindFlag),
      };
    case "enum64":
      return {
        kind,
        name,
        size: sizeOrType,
        signed: kindFlag,
        values: decodeEnumerators64(context, after, vlen, kindFlag),
      };
    case "fwd":
      return { kind, name, union: kindFlag };
    case "func":
      return { kind, name, type: sizeOrType, linkage: linkageOf(vlen) };
    case "func_proto":
      return { kind, name, type: sizeOrType, params: decodeParams(context, after, vlen) };
    case "var":
      return { kind, name, type: sizeOrType, linkage: linkageOf(file.u32(after)) };
    case "datasec":
      return {
        kind,
        name,
        size: sizeOrType,
        vars: elements(vlen, after, 12, (v) => ({ type: file.u32(v), offset: file.u32(v + 4), size: file.u32(v + 8) })),
      };
    case "float":
      return { kind, name, size: sizeOrType };
    case "decl_tag":
      return decodeDeclTag(file.i32(after), name, sizeOrType, kindFlag);
    case "void":
      return file.fail(`the type at byte ${at} has the unknown kind ${kindOf(info)}`);
  }
}

function elements<T>(count: number, start: number, size: number, read: (at: number) => T): T[] {
  const all: T[] = [];
  for (let index = 0; index < count; index++) all.push(read(start + index * size));
  return all;
}

function decodeInt(encoding: number, name: string, size: number): BtfType {
  const flags = (encoding >>> 24) & 15;
  return {
    kind: "int",
    name,
    size,
    bits: encoding & 0xff,
    offset: (encoding >>> 16) & 0xff,
    signed: (flags & 1) !== 0,
    char: (flags & 2) !== 0,
    bool: (flags & 4) !== 0,
  };
}

function decodeDeclTag(componentIdx: number, name: string, type: number, attribute: boolean): BtfType {
  const tag = { kind: "decl_tag", name, type, componentIdx } as const;
  return attribute ? { ...tag, attribute } : tag;
}

function decodeMembers(context: DecodeContext, start: number, count: number, kindFlag: boolean): Member[] {
  const { file } = context;
  return elements(count, start, 12, (at) => {
    const offset = file.u32(at + 8);
    return {
      name: context.name(file.u32(at)),
      type: file.u32(at + 4),
      // With kind_flag the offset has two parts: the bit-field's size above, the bit offset below.
      bitOffset: kindFlag ? offset & 0xffffff : offset,
      bitSize: kindFlag ? offset >>> 24 : 0,
    };
  });
}

function decodeEnumerators(context: DecodeContext, start: number, count: number, signed: boolean): Enumerator[] {
  const { file } = context;
  return elements(count, start, 8, (at) => ({
    name: context.name(file.u32(at)),
    value: signed ? file.i32(at + 4) : file.u32(at + 4),
  }));
}

function decodeEnumerators64(context: DecodeContext, start: number, count: number, signed: boolean): Enumerator64[] {
  const { file } = context;
  return elements(count, start, 12, (at) => {
    const high = signed ? BigInt(file.i32(at + 8)) : BigInt(file.u32(at + 8));
    return { name: context.name(file.u32(at)), value: (high << 32n) | BigInt(file.u32(at + 4)) };
  });
}

function decodeParams(context: DecodeContext, start: number, count: number): Param[] {
  const { file } = context;
  return elements(count, start, 8, (at) => ({ name: context.name(file.u32(at)), type: file.u32(at + 4) }));
}

function linkageOf(value: number): Linkage {
  return value === 0 ? "static" : value === 1 ? "global" : "extern";
}
