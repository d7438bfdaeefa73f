import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { ownTypes } from "../../src/btf/opaque.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { BtfBuilder as RawBuilder, everyKind } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

describe("types that are built", () => {
  it("have ids in the order in which they are added, and may refer to what comes later", () => {
    const b = new BtfBuilder();
    expect(b.nextId).toBe(1);
    expect(b.pointer(2)).toBe(1);
    expect(b.struct("list", 8, [{ name: "next", type: 1 }])).toBe(2);
    expect([b.nextId, b.typeCount]).toEqual([3, 3]);
    expect(b.type(2)).toMatchObject({ kind: "struct", name: "list" });
    const btf = Btf.parse(b.build());
    expect(btf.type(2)).toEqual(b.type(2));
  });

  it.each([true, false])("may be of either byte order (little-endian: %s)", (littleEndian) => {
    const b = new BtfBuilder({ littleEndian });
    b.enum64("e", 8, [{ name: "MIN", value: -(2n ** 63n) }]);
    const btf = Btf.parse(b.build());
    expect(btf.littleEndian).toBe(littleEndian);
    expect(btf.type(1)).toMatchObject({ signed: true, values: [{ value: -(2n ** 63n) }] });
  });

  it("may continue a base, and refer to its types", () => {
    const base = Btf.parse(everyKind(false).build());
    const b = new BtfBuilder({ base });
    expect(b.littleEndian).toBe(false);
    expect(b.typedef("s_t", 4)).toBe(base.typeCount);
    expect(b.type(4)).toBe(base.type(4));
    expect(Btf.parse(b.build(), { base }).type(base.typeCount)).toEqual({ kind: "typedef", name: "s_t", type: 4 });
  });

  it("may be all of other BTF, whose ids are moved", () => {
    const other = Btf.parse(everyKind(false).build());
    const b = new BtfBuilder();
    b.int("first", 1);
    expect(b.addAll(other)).toBe(2);
    const btf = Btf.parse(b.build());
    expect(btf.typeCount).toBe(other.typeCount + 1);
    expect(btf.type(3)).toEqual({ kind: "ptr", name: "", type: 2 });
    expect(btf.type(14)).toMatchObject({ kind: "func_proto", params: [{ type: 3 }, { type: 0 }] });
  });

  it("may be those of other split BTF on the same base, whose ids stay where they lead there", () => {
    const base = Btf.parse(everyKind(true).build());
    const part = new BtfBuilder({ base });
    part.pointer(part.typedef("s_t", 4));
    const split = Btf.parse(part.build(), { base });
    const b = new BtfBuilder({ base });
    b.int("own", 4);
    b.addAll(split);
    expect([...ownTypes(Btf.parse(b.build(), { base }))].slice(1)).toEqual([
      { kind: "typedef", name: "s_t", type: 4 },
      { kind: "ptr", name: "", type: base.typeCount + 1 },
    ]);
    expect(thrownBy(() => new BtfBuilder().addAll(split))).toMatchObject({
      code: "bad-input",
      message: "the types of the BTF data can't be added: they continue another base",
    });
  });

  it("may say how long the types of each kind are", () => {
    const b = new BtfBuilder({ layouts: true });
    b.int("int", 4);
    expect(new DataView(b.build().buffer).getUint32(4, true)).toBe(32);
  });
});

describe("a type that makes no sense", () => {
  const int: BtfType = { kind: "int", name: "i", size: 4, bits: 32, offset: 0, signed: true, char: false, bool: false };

  it.each<[(b: BtfBuilder) => unknown, string]>([
    [(b) => b.add({ kind: "void", name: "" }), "void is type 0, which is always there"],
    [(b) => b.int("", 4), "int needs a name"],
    [(b) => b.int("i", 3), 'int "i" has 3 bytes, not a power of two up to 16'],
    [(b) => b.int("i", 32), 'int "i" has 32 bytes, not a power of two up to 16'],
    [(b) => b.add({ ...int, bits: 33 }), 'int "i" has 33 bits from bit 0 on in 4 bytes'],
    [(b) => b.float("f", 3), 'float "f" has 3 bytes, not 2, 4, 8, 12 or 16'],
    [(b) => b.add({ kind: "ptr", name: "p", type: 0 }), 'ptr "p" can\'t have a name'],
    [(b) => b.array(0, -1, 0), "array has -1 elements"],
    [(b) => b.typedef("", 0), "typedef needs a name"],
    [(b) => b.typedef("a\0b", 0), 'typedef "a\\u0000b" has a NUL in the name "a\\u0000b"'],
    [(b) => b.typeTag("", 0), "type_tag needs a name"],
    [(b) => b.forward("", "union"), "fwd needs a name"],
    [(b) => b.func("", 0), "func needs a name"],
    [(b) => b.variable("", 0), "var needs a name"],
    [(b) => b.section("", 0, []), "datasec needs a name"],
    [(b) => b.section(".data", 2 ** 32, []), 'datasec ".data" has 4294967296 bytes'],
    [
      (b) => b.section(".data", 0, [{ type: 0, offset: -1, size: 4 }]),
      'datasec ".data" has 4 bytes at -1 for the variable [0]',
    ],
    [(b) => b.struct("s", 1.5, []), 'struct "s" has 1.5 bytes'],
    [
      (b) => b.struct("s", 4, [{ name: "m", type: 0, bitOffset: 3 }]),
      'struct "s" has 0 bits at bit 3 in its member "m"',
    ],
    [
      (b) => b.struct("s", 4, [{ name: "m", type: 0, bitSize: 256 }]),
      'struct "s" has 256 bits at bit 0 in its member "m"',
    ],
    [
      (b) => b.union("u", 4, [{ name: "m", type: 0, bitOffset: 8 }]),
      'union "u" has its member "m" at bit 8, in a union all begin at 0',
    ],
    [(b) => b.enum("e", 16, []), 'enum "e" has 16 bytes, not a power of two up to 8'],
    [(b) => b.enum("e", 4, [{ name: "", value: 1 }]), 'enum "e" needs a name for the value 1'],
    [
      (b) => b.enum("e", 4, [{ name: "A", value: 2 ** 32 }]),
      'enum "e" has the value A = 4294967296, for which there is no room',
    ],
    [
      (b) => b.enum64("e", 8, [{ name: "A", value: 2n ** 64n }]),
      'enum64 "e" has the value A = 18446744073709551616, for which there is no room',
    ],
    [(b) => b.declTag("t", 0, -2), 'decl_tag "t" is on the component -2'],
    [
      (b) => b.prototype(0, [{ name: "x".repeat(5000), type: 0 }]),
      "func_proto has a name of 5000 bytes, more than any reader takes (4096)",
    ],
  ])("is refused when it is added: %#", (add, message) => {
    expect(thrownBy(() => add(new BtfBuilder()))).toMatchObject({
      code: "bad-input",
      message: `BTF can't be built: ${message}`,
    });
  });

  it.each<[(b: BtfBuilder) => unknown, string]>([
    [(b) => b.pointer(2), "ptr [1] refers to a type [2], the last one is [1]"],
    [(b) => b.pointer(-1), "ptr [1] refers to a type [-1], the last one is [1]"],
    [(b) => b.pointer(0.5), "ptr [1] refers to a type [0.5], the last one is [1]"],
    [(b) => b.func("f", 0), 'func "f" [1] has the prototype [0], which is none but of kind void'],
  ])("is refused when all is built: %#", (add, message) => {
    const b = new BtfBuilder();
    add(b);
    expect(thrownBy(() => b.build())).toMatchObject({ code: "bad-input", message: `BTF can't be built: ${message}` });
  });

  it("is not to be found", () => {
    const b = new BtfBuilder();
    b.int("i", 4);
    expect(thrownBy(() => b.type(2))).toMatchObject({ message: "there is no type [2], the last one is [1]" });
  });

  it("is of a kind that nobody knows, so that its ids can't be moved", () => {
    const raw = new RawBuilder();
    raw.add({ kind: 20 });
    const other = Btf.parse(raw.build({ layouts: Array.from({ length: 21 }, () => [0, 0]) }), { what: "x" });
    expect(thrownBy(() => new BtfBuilder().addAll(other))).toMatchObject({
      code: "unsupported",
      message: "the types of x can't be added: not all kinds are known",
    });
  });
});
