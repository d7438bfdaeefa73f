import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { isModifier, sizeOf, skipModifiers } from "../../src/btf/resolve.ts";
import { CoreGenError } from "../../src/errors.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";

const every = Btf.parse(everyKind(true).build());

describe("sizeOf", () => {
  it.each([
    ["void", 0, undefined],
    ["int", 1, 4],
    ["ptr", 2, 8],
    ["array", 3, 64],
    ["struct", 4, 16],
    ["union", 5, 4],
    ["enum", 6, 4],
    ["fwd", 7, undefined],
    ["typedef", 8, 16],
    ["volatile", 9, 4],
    ["const", 10, 4],
    ["restrict", 11, 8],
    ["func", 12, undefined],
    ["func_proto", 13, undefined],
    ["var", 14, 4],
    ["datasec", 15, 8],
    ["float", 16, 8],
    ["decl_tag", 17, 16],
    ["type_tag", 18, 4],
    ["enum64", 19, 8],
  ])("of a %s", (kind, id, size) => {
    expect(every.kind(id)).toBe(kind);
    expect(sizeOf(every, id)).toBe(size);
  });

  it("multiplies the dimensions of arrays of arrays", () => {
    const b = new BtfBuilder();
    const row = b.array(b.int("short", 2), 3);
    const rows = b.array(b.refer("const", row), 5);
    expect(sizeOf(Btf.parse(b.build()), rows)).toBe(30);
  });

  it("of a flexible array is 0", () => {
    const b = new BtfBuilder();
    expect(sizeOf(Btf.parse(b.build()), 0)).toBeUndefined();
    const array = b.array(b.int("int", 4), 0);
    expect(sizeOf(Btf.parse(b.build()), array)).toBe(0);
  });

  it("refuses what has more than 32 bits of bytes, as libbpf does", () => {
    const b = new BtfBuilder();
    let array = b.int("int", 4);
    for (let level = 0; level < 30; level++) array = b.array(array, 0xffff_ffff);
    const btf = Btf.parse(b.build());
    expect(() => sizeOf(btf, array)).toThrow(new CoreGenError("bad-btf", "type [31] is larger than 4294967295 bytes"));
  });

  it("gives up on a circle", () => {
    const b = new BtfBuilder();
    b.refer("typedef", 2, "a");
    b.refer("const", 1);
    b.array(3, 2);
    const btf = Btf.parse(b.build());
    const message = (id: number): string =>
      `the size of type [${id}] can't be told: it refers to more than 32 other types in a row`;
    expect(() => sizeOf(btf, 1)).toThrow(new CoreGenError("bad-btf", message(1)));
    expect(() => sizeOf(btf, 3)).toThrow(new CoreGenError("bad-btf", message(3)));
  });
});

describe("skipModifiers", () => {
  it("goes through typedefs, qualifiers and type tags", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const top = b.refer(
      "typedef",
      b.refer("const", b.refer("volatile", b.refer("restrict", b.refer("type_tag", int, "t")))),
      "t",
    );
    const btf = Btf.parse(b.build());
    expect(skipModifiers(btf, top)).toEqual({ id: int, type: btf.type(int) });
    expect(skipModifiers(btf, 0)).toEqual({ id: 0, type: { kind: "void", name: "" } });
  });

  it("stops at everything else", () => {
    const stops = Array.from({ length: every.typeCount }, (_, id) => id).filter(
      (id) => skipModifiers(every, id).id === id,
    );
    expect(stops.map((id) => every.kind(id))).toEqual([
      "void",
      "int",
      "ptr",
      "array",
      "struct",
      "union",
      "enum",
      "fwd",
      "func",
      "func_proto",
      "var",
      "datasec",
      "float",
      "decl_tag",
      "enum64",
    ]);
    expect(stops.some((id) => isModifier(every.type(id)))).toBe(false);
  });

  it("goes through 32 of them, and gives up after that", () => {
    const b = new BtfBuilder();
    let top = b.int("int", 4);
    for (let level = 0; level < 32; level++) top = b.refer("const", top);
    const more = b.refer("const", top);
    const self = b.refer("typedef", more + 1, "self");
    const btf = Btf.parse(b.build());
    expect(skipModifiers(btf, top).id).toBe(1);
    for (const id of [more, self]) {
      expect(() => skipModifiers(btf, id)).toThrow(
        new CoreGenError("bad-btf", `type [${id}] refers to more than 32 typedefs and qualifiers in a row`),
      );
    }
  });
});
