import { describe, expect, it } from "vitest";
import type { BtfType } from "../../src/btf/types.ts";
import { NameScope } from "../../src/generator/names.ts";
import { CodecTable } from "../../src/generator/types/codecs.ts";
import { TypeLowering } from "../../src/generator/types/lower.ts";
import { enumTypeText, typeText } from "../../src/generator/types/print.ts";
import { readField, readShape } from "../../src/generator/types/read.ts";
import { fieldsOf, sizeOfShape, type RecordDeclaration, type Shape } from "../../src/generator/types/shape.ts";
import { writePart, writeShape } from "../../src/generator/types/write.ts";
import {
  array,
  bitField,
  enumeration,
  int,
  member,
  pointer,
  qualified,
  struct,
  tableOf,
  typedef,
  union,
} from "./support/type-table.ts";

/** Lowers the last of the types. */
function lower(...types: readonly BtfType[]): Shape {
  const table = tableOf(...types);
  return new TypeLowering(table, new NameScope()).shapeOf(types.length, "Hint");
}

function lowerRecord(...types: readonly BtfType[]): RecordDeclaration {
  const shape = lower(...types);
  if (shape.kind !== "record") throw new Error(`a ${shape.kind}, not a record`);
  return shape.declaration;
}

const char = int("char", 1, { signed: true });
const u8 = int("unsigned char", 1);
const u32 = int("unsigned int", 4);
const u64 = int("unsigned long long", 8);

describe("a C type in TypeScript", () => {
  // C, the types it is made of, TypeScript, how it is read, how it is written, its size
  const rows: [string, BtfType[], string, string, string, number][] = [
    ["unsigned char", [u8], "number", "from.u8(at)", "to.setU8(at, v)", 1],
    ["char", [char], "number", "from.i8(at)", "to.setI8(at, v)", 1],
    ["short", [int("short", 2, { signed: true })], "number", "from.i16(at)", "to.setI16(at, v)", 2],
    ["unsigned int", [u32], "number", "from.u32(at)", "to.setU32(at, v)", 4],
    ["long", [int("long", 8, { signed: true })], "bigint", "from.i64(at)", "to.setI64(at, v)", 8],
    ["unsigned long long", [u64], "bigint", "from.u64(at)", "to.setU64(at, v)", 8],
    ["__int128", [int("__int128", 16, { signed: true })], "bigint", "from.i128(at)", "to.setI128(at, v)", 16],
    ["unsigned __int128", [int("unsigned __int128", 16)], "bigint", "from.u128(at)", "to.setU128(at, v)", 16],
    ["_Bool", [int("_Bool", 1, { bool: true })], "boolean", "from.bool(at)", "to.setBool(at, v)", 1],
    ["float", [{ kind: "float", name: "float", size: 4 }], "number", "from.f32(at)", "to.setF32(at, v)", 4],
    ["double", [{ kind: "float", name: "double", size: 8 }], "number", "from.f64(at)", "to.setF64(at, v)", 8],
    ["long double", [{ kind: "float", name: "long double", size: 16 }], "Uint8Array", "from.slice(at, 16)", "to.setSlice(at, 16, v)", 16],
    ["_Float16", [{ kind: "float", name: "_Float16", size: 2 }], "Uint8Array", "from.slice(at, 2)", "to.setSlice(at, 2, v)", 2],
    ["an int of 3 bytes", [int("_BitInt(24)", 3)], "Uint8Array", "from.slice(at, 3)", "to.setSlice(at, 3, v)", 3],
    ["void *", [pointer(0)], "bigint", "from.u64(at)", "to.setU64(at, v)", 8],
    ["char *", [char, pointer(1)], "bigint", "from.u64(at)", "to.setU64(at, v)", 8],
    ["const volatile u32", [u32, typedef("u32", 1), qualified("volatile", 2), qualified("const", 3)], "number", "from.u32(at)", "to.setU32(at, v)", 4],
    ["char[16]", [char, array(1, 16)], "string", "from.text(at, 16)", "to.setText(at, 16, v)", 16],
    ["char[16] of gcc", [int("char", 1, { signed: true, char: true }), array(1, 16)], "string", "from.text(at, 16)", "to.setText(at, 16, v)", 16],
    ["const char[4]", [char, qualified("const", 1), array(2, 4)], "string", "from.text(at, 4)", "to.setText(at, 4, v)", 4],
    ["unsigned char[6]", [u8, array(1, 6)], "Uint8Array", "from.slice(at, 6)", "to.setSlice(at, 6, v)", 6],
    ["u8[6]", [u8, typedef("__u8", 1), typedef("u8", 2), array(3, 6)], "Uint8Array", "from.slice(at, 6)", "to.setSlice(at, 6, v)", 6],
    ["unsigned char[6] of gcc", [int("unsigned char", 1, { char: true }), array(1, 6)], "Uint8Array", "from.slice(at, 6)", "to.setSlice(at, 6, v)", 6],
    ["signed char[3]", [int("signed char", 1, { signed: true }), array(1, 3)], "number[]", "from.list(at, 3, 1, (from, at) => from.i8(at))", "to.setList(at, 3, 1, v, (to, at, value) => { to.setI8(at, value); })", 3],
    ["_Bool[2]", [int("_Bool", 1, { bool: true }), array(1, 2)], "boolean[]", "from.list(at, 2, 1, (from, at) => from.bool(at))", "to.setList(at, 2, 1, v, (to, at, value) => { to.setBool(at, value); })", 2],
    ["u32[4]", [u32, array(1, 4)], "number[]", "from.list(at, 4, 4, (from, at) => from.u32(at))", "to.setList(at, 4, 4, v, (to, at, value) => { to.setU32(at, value); })", 16],
    ["char[2][8]", [char, array(1, 8), array(2, 2)], "string[]", "from.list(at, 2, 8, (from, at) => from.text(at, 8))", "to.setList(at, 2, 8, v, (to, at, value) => { to.setText(at, 8, value); })", 16],
    ["u32[0]", [u32, array(1, 0)], "number[]", "from.list(at, 0, 4, (from, at) => from.u32(at))", "to.setList(at, 0, 4, v, (to, at, value) => { to.setU32(at, value); })", 0],
    ["enum e", [enumeration("e", { A: 0 })], "E", "from.u32(at)", "to.setU32(at, v)", 4],
    ["enum e with negative values", [enumeration("e", { A: -1 }, { signed: true })], "E", "from.i32(at)", "to.setI32(at, v)", 4],
    ["enum e, packed", [enumeration("e", { A: 0 }, { size: 1 })], "E", "from.u8(at)", "to.setU8(at, v)", 1],
    ["enum e without values", [enumeration("e", {})], "number", "from.u32(at)", "to.setU32(at, v)", 4],
    ["enum e of 64 bits", [{ kind: "enum64", name: "e", size: 8, signed: true, values: [{ name: "A", value: -1n }] }], "E", "from.i64(at)", "to.setI64(at, v)", 8],
    ["struct s", [u32, struct("s", 4, member("a", 1, 0))], "S", "S.read(from, at)", "S.write(to, at, v)", 4],
    ["struct s[2]", [u32, struct("s", 4, member("a", 1, 0)), array(2, 2)], "S[]", "from.list(at, 2, 4, S.read)", "to.setList(at, 2, 4, v, S.write)", 8],
    ["an anonymous struct", [u32, struct("", 4, member("a", 1, 0))], "Hint", "Hint.read(from, at)", "Hint.write(to, at, v)", 4],
    ["typedef struct { … } t", [u32, struct("", 4, member("a", 1, 0)), typedef("inner_t", 2), typedef("outer_t", 3)], "InnerT", "InnerT.read(from, at)", "InnerT.write(to, at, v)", 4],
    ["struct s;", [{ kind: "fwd", name: "s", union: false }], "Uint8Array", "from.slice(at, 0)", "to.setSlice(at, 0, v)", 0],
    ["void", [qualified("const", 0)], "Uint8Array", "from.slice(at, 0)", "to.setSlice(at, 0, v)", 0],
  ]; // prettier-ignore

  it.each(rows)("%s", (_c, types, type, read, write, size) => {
    const shape = lower(...types);
    expect([typeText(shape), readShape(shape, "at"), writeShape(shape, "at", "v"), sizeOfShape(shape)]).toEqual([
      type,
      read,
      write,
      size,
    ]);
  });
});

describe("a bit-field", () => {
  const rows: [string, BtfType, number, number, string, string, string][] = [
    ["unsigned int : 3", u32, 5, 3, "number", "from.bits(at, 5, 3)", "to.setBits(at, 5, 3, value.f);"],
    ["int : 5", int("int", 4, { signed: true }), 0, 5, "number", "from.signedBits(at, 0, 5)", "to.setSignedBits(at, 0, 5, value.f);"],
    ["u64 : 3", u64, 0, 3, "bigint", "from.bigBits(at, 0, 3)", "to.setBits(at, 0, 3, value.f);"],
    ["long : 33", int("long", 8, { signed: true }), 1, 33, "bigint", "from.signedBigBits(at, 1, 33)", "to.setSignedBits(at, 1, 33, value.f);"],
    ["_Bool : 1", int("_Bool", 1, { bool: true }), 7, 1, "boolean", "from.bits(at, 7, 1) !== 0", "to.setBits(at, 7, 1, value.f ? 1 : 0);"],
    ["enum e : 2", enumeration("e", { A: 1 }), 8, 2, "E", "from.bits(at, 8, 2)", "to.setBits(at, 8, 2, value.f);"],
  ]; // prettier-ignore

  it.each(rows)("%s", (_c, type, offset, size, text, read, write) => {
    const record = lowerRecord(type, struct("s", 8, bitField("f", 1, offset, size)));
    const [part] = record.parts;
    const [field] = fieldsOf(record);
    expect([typeText(field!.shape), readField(field!), writePart(part!, record)]).toEqual([text, read, write]);
  });

  it("is known from the width of its int type, too, as old compilers wrote it", () => {
    const record = lowerRecord(int("unsigned int", 4, { bits: 3, offset: 2 }), struct("s", 4, member("f", 1, 0)));
    expect(fieldsOf(record).map(readField)).toEqual(["from.bits(at, 2, 3)"]);
  });

  it("without a name is padding", () => {
    expect(fieldsOf(lowerRecord(u32, struct("s", 4, bitField("", 1, 0, 7))))).toEqual([]);
  });
});

describe("a struct", () => {
  it("inlines the members of anonymous structs", () => {
    const inner = struct("", 8, member("b", 1, 0), member("c", 1, 4));
    const record = lowerRecord(u32, inner, struct("s", 12, member("a", 1, 0), member("", 2, 4)));
    expect(fieldsOf(record).map((field) => `${field.name}: ${readField(field)}`)).toEqual([
      "a: from.u32(at)",
      "b: from.u32(at + 4)",
      "c: from.u32(at + 8)",
    ]);
  });

  it("stores the members of an anonymous union together, relative to where the union begins", () => {
    const inner = struct("", 8, member("low", 1, 0), bitField("high", 1, 32, 5));
    const record = lowerRecord(
      u32,
      u64,
      inner,
      union("", 8, member("both", 2, 0), member("", 3, 0)),
      struct("s", 16, member("", 4, 8)),
    );
    expect(fieldsOf(record).map(readField)).toEqual(["from.u64(at + 8)", "from.u32(at + 8)", "from.bits(at, 96, 5)"]);
    expect(record.parts.map((part) => writePart(part, record))).toEqual([
      "to.setUnion(at + 8, 8, value, { both: (to, at, value) => { to.setU64(at, value); }, " +
        "low: (to, at, value) => { to.setU32(at, value); }, high: (to, at, value) => { to.setBits(at, 32, 5, value); } });",
    ]);
  });

  it("tells which members an anonymous union is about, when a member is called as one of all objects", () => {
    const both = union("", 4, member("a", 1, 0), member("valueOf", 1, 0));
    const record = lowerRecord(u32, both, struct("s", 8, member("toString", 1, 0), member("", 2, 4)));
    expect(record.parts.map((part) => writePart(part, record))).toEqual([
      "to.setU32(at, value.toString);",
      'to.setUnion<Pick<S, "a" | "valueOf">>(at + 4, 4, value, { a: (to, at, value) => { to.setU32(at, value); }, ' +
        "valueOf: (to, at, value) => { to.setU32(at, value); } });",
    ]);
  });

  it.each([
    ["u32[]", u32, "number[]", "from.rest(at + 4, 4, (from, at) => from.u32(at))"],
    ["char[]", char, "string", "from.restText(at + 4)"],
    ["u8[]", u8, "Uint8Array", "from.restBytes(at + 4)"],
  ])("reads a last member %s up to the end of the record", (_c, element, type, read) => {
    const [, field] = fieldsOf(
      lowerRecord(element, array(1, 0), u32, struct("s", 4, member("n", 3, 0), member("rest", 2, 4))),
    );
    expect([typeText(field!.shape), readField(field!)]).toEqual([type, read]);
  });

  it("reads an array of no elements that is not last as empty", () => {
    const [field] = fieldsOf(lowerRecord(u32, array(1, 0), struct("s", 4, member("none", 2, 0), member("n", 1, 0))));
    expect(readField(field!)).toBe("from.list(at, 0, 4, (from, at) => from.u32(at))");
  });

  it("names anonymous types of its members after itself and the member", () => {
    const [field] = fieldsOf(
      lowerRecord(u32, struct("", 4, member("x", 1, 0)), struct("trace_point", 4, member("start_at", 2, 0))),
    );
    expect(typeText(field!.shape)).toBe("TracePointStartAt");
  });
});

describe("two types of one name", () => {
  const types = tableOf(
    u32,
    u64,
    struct("a_b", 4, member("x", 1, 0)),
    struct("aB", 4, member("x", 1, 0)),
    struct("a_b", 8, member("x", 2, 0)),
  );

  it("are one declaration when they have one layout, else the second gets a number", () => {
    const lowering = new TypeLowering(types, new NameScope());
    expect([3, 4, 5].map((id) => typeText(lowering.shapeOf(id, "")))).toEqual(["AB", "AB", "AB_2"]);
  });
});

describe("an enum", () => {
  it("keeps values that it does not name", () => {
    const shape = lower(enumeration("kind", { A: 0, B: 1 }));
    expect(shape.kind === "enum" && enumTypeText(shape.declaration)).toBe(
      "(typeof Kind)[keyof typeof Kind] | (number & {})",
    );
  });

  it("may name a value twice, and gives the second of two equal names a number", () => {
    const values = [
      { name: "A", value: 1 },
      { name: "B", value: 1 },
      { name: "A", value: 2 },
    ];
    const shape = lower({ kind: "enum", name: "e", size: 4, signed: false, values });
    expect(shape.kind === "enum" && shape.declaration.values.map(({ name }) => name)).toEqual(["A", "B", "A_2"]);
  });
});

describe("types that no compiler makes", () => {
  const deep = [u32, ...Array.from({ length: 60 }, (_, i) => array(i + 1, 1))];
  const wide = [
    u32,
    struct("", 4, member("x", 1, 0)),
    ...Array.from({ length: 20 }, (_, i) => union("", 4, member("", i + 2, 0), member("", i + 2, 0))),
  ];
  it.each<[string, BtfType[], string]>([
    ["a struct in itself", [struct("s", 4, member("again", 1, 0))], "struct s [1] contains itself"],
    ["an anonymous union in itself", [u32, union("", 4, member("", 2, 0))], "nests more than 48 anonymous structs"],
    ["an array in itself", [u32, array(2, 1)], "more than 48 types deep"],
    ["a typedef of itself", [typedef("t", 1)], "more than 48 typedefs"],
    ["arrays of arrays without end", deep, "more than 48 types deep"],
    ["anonymous members that double and double", wide, "more than 65536 members"],
    [
      "a member behind the end",
      [u32, struct("s", 4, member("far", 1, 4))],
      "the member far of struct s ends after its struct",
    ],
  ])("%s", (_what, types, message) => {
    expect(() => lower(...types)).toThrow(
      expect.objectContaining({ code: "bad-btf", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("the codec of a type", () => {
  function codecs(...types: readonly BtfType[]): [string, string] {
    const table = new CodecTable(new NameScope());
    const name = table.codecOf(lower(...types));
    return [name, table.privates.map(({ name, type, expression }) => `${name}: ${type} = ${expression}`).join("\n")];
  }

  it.each<[string, BtfType[], string, string]>([
    ["u32", [u32], "u32", ""],
    ["void *", [pointer(0)], "pointer", ""],
    ["enum e", [enumeration("e", { A: 0 })], "u32", ""],
    ["struct s", [u32, struct("s", 4, member("a", 1, 0))], "S", ""],
    ["char[16]", [char, array(1, 16)], "text16", "text16: string = /* @__PURE__ */ text(16)"],
    ["u8[6]", [u8, array(1, 6)], "bytes6", "bytes6: Uint8Array = /* @__PURE__ */ bytes(6)"],
    [
      "u32[2]",
      [u32, array(1, 2)],
      "u32x2",
      "u32x2: number[] = { size: 8, read: (from, at) => from.list(at, 2, 4, (from, at) => from.u32(at)), " +
        "write: (to, at, value) => { to.setList(at, 2, 4, value, (to, at, value) => { to.setU32(at, value); }); } }",
    ],
  ])("%s", (_c, types, name, privates) => {
    expect(codecs(...types)).toEqual([name, privates]);
  });

  it("is made once", () => {
    const table = new CodecTable(new NameScope());
    expect([table.codecOf({ kind: "text", size: 4 }), table.codecOf({ kind: "text", size: 4 })]).toEqual([
      "text4",
      "text4",
    ]);
    expect([table.privates.length, [...table.runtimeValues]]).toEqual([1, ["text"]]);
  });
});
