import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeBtf, encodeLike } from "../../src/btf/encode.ts";
import { ownTypes, typeOrOpaque } from "../../src/btf/opaque.ts";
import type { BtfType, EnumType, IntType } from "../../src/btf/types.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const int: IntType = { kind: "int", name: "int", size: 4, bits: 32, offset: 0, signed: true, char: false, bool: false };

function withUnknownKinds(littleEndian: boolean): Uint8Array {
  const b = everyKind(littleEndian);
  b.add({ kind: 20, name: "new", vlen: 2, kindFlag: true, sizeOrType: 7, words: [1, 2, 3, 4, 5] });
  b.add({ kind: 127, name: "newest" });
  b.refer("ptr", 1);
  const layouts = Array.from({ length: 128 }, (_kind, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
  return b.build({ layouts });
}

/** As libbpf 1.8 begins: room for the place of the layouts, and none there. */
function withLongHeader(littleEndian: boolean): Uint8Array {
  const bytes = everyKind(littleEndian).build({ headerLength: 40 });
  return bytes.fill(0, 24, 32);
}

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("%s BTF, read and written again in its own manner", (_, littleEndian) => {
  const base = Btf.parse(everyKind(littleEndian).build());
  const split = new BtfBuilder({ littleEndian, base });
  split.composite("struct", "own", 4, [["field", 1, 0]]);
  split.refer("typedef", base.typeCount, "int_own");

  it.each<[string, Uint8Array, Btf | undefined]>([
    ["every kind", everyKind(littleEndian).build(), undefined],
    ["a longer header", withLongHeader(littleEndian), undefined],
    ["layouts and kinds that nobody knows", withUnknownKinds(littleEndian), undefined],
    ["split", split.build(), base],
  ])("is the same bytes: %s", (__, bytes, under) => {
    expect(encodeLike(Btf.parse(bytes, under === undefined ? {} : { base: under }))).toEqual(bytes);
  });

  it("keeps strings that no type has", () => {
    const b = everyKind(littleEndian);
    b.string("only .BTF.ext has this");
    expect(encodeLike(Btf.parse(b.build()))).toEqual(b.build());
  });

  it("can have other types, whose new names come last", () => {
    const btf = Btf.parse(everyKind(littleEndian).build());
    const changed = Btf.parse(encodeLike(btf, [int, { ...int, name: "größe" }]));
    expect([changed.name(1), changed.name(2), changed.typeCount]).toEqual(["int", "größe", 3]);
    expect(changed.strings.subarray(0, btf.stringsLength)).toEqual(btf.strings);
  });
});

describe("types that are written", () => {
  it("have their strings once, in libbpf's order: a type's own, then its elements'", () => {
    const values = [
      { name: "B", value: 1 },
      { name: "e", value: 2 },
    ];
    const bytes = encodeBtf([{ kind: "enum", name: "e", size: 4, signed: false, values }, int], true);
    expect(new TextDecoder().decode(Btf.parse(bytes).strings)).toBe("\0e\0B\0int\0");
  });

  it("have the ids and the strings behind their base's", () => {
    const base = Btf.parse(everyKind(true).build());
    const own: BtfType[] = [
      { kind: "typedef", name: "s_t", type: 4 },
      { kind: "typedef", name: "own", type: base.typeCount },
    ];
    const split = Btf.parse(encodeBtf(own, true, { base }), { base });
    expect([...ownTypes(split)]).toEqual(own);
    expect(split.stringsLength - base.stringsLength).toBe("own\0".length);
  });

  it("may say how long the types of each kind are, by which those of unknown kinds are passed over", () => {
    const bytes = encodeBtf(ownTypes(Btf.parse(everyKind(true).build())), true, { layouts: true });
    // info_sz, elem_sz and flags of each kind as libbpf 1.8 writes them (btf.c, `layouts`).
    const once = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
    const elements = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];
    const view = new DataView(bytes.buffer);
    const start = 32 + view.getUint32(24, true);
    const written = bytes.subarray(start, start + view.getUint32(28, true));
    expect([...written]).toEqual(once.flatMap((size, kind) => [size, elements[kind]!, 0, 0]));
    expect([...ownTypes(Btf.parse(bytes))]).toEqual([...ownTypes(Btf.parse(everyKind(true).build()))]);
  });

  it("may have more than 65,535 elements", () => {
    const values = Array.from({ length: 70_000 }, (_, value) => ({ name: `V${value}`, value }));
    const many: EnumType = { kind: "enum", name: "many", size: 4, signed: false, values };
    expect(Btf.parse(encodeBtf([many], true)).type(1)).toEqual(many);
  });

  it("may be tags that are whole attributes", () => {
    const tags: BtfType[] = [
      { kind: "type_tag", name: "noreturn", type: 0, attribute: true },
      { kind: "decl_tag", name: "deprecated", type: 1, componentIdx: -1, attribute: true },
    ];
    expect([...ownTypes(Btf.parse(encodeBtf(tags, false)))]).toEqual(tags);
  });

  it("of a kind that nobody knows are carried over", () => {
    const btf = Btf.parse(withUnknownKinds(true));
    expect(typeOrOpaque(btf, 20)).toMatchObject({ kind: "opaque", name: "new", info: 0x9400_0002, sizeOrType: 7 });
    expect(typeOrOpaque(btf, 21)).toMatchObject({ kind: "opaque", name: "newest", rest: new Uint8Array() });
    const renamed = Btf.parse(encodeLike(btf, [{ kind: "typedef", name: "first", type: 2 }, typeOrOpaque(btf, 20)]));
    expect(typeOrOpaque(renamed, 2)).toEqual(typeOrOpaque(btf, 20));
  });
});

describe("what can't be written", () => {
  const member = { name: "m", type: 1, bitOffset: 0, bitSize: 3 };
  const struct = (...members: (typeof member)[]): BtfType => ({ kind: "struct", name: "s", size: 4, members });

  it.each<[string, () => unknown, string, string]>([
    [
      "a name with a NUL",
      () => encodeBtf([{ ...int, name: "a\0b" }], true),
      "bad-input",
      'BTF can\'t hold the name "a\\u0000b": names end at the first NUL',
    ],
    [
      "a bit-field too far away",
      () => encodeBtf([struct(member, { ...member, bitOffset: 0x100_0000 })], true),
      "bad-input",
      'BTF can\'t be written: struct "s" has 3 bits at 16777216 in its member "m": in a type with bit-fields the format has room for 255 bits at 16777215',
    ],
    [
      "an unknown kind in the other byte order",
      () => encodeBtf([typeOrOpaque(Btf.parse(withUnknownKinds(true)), 20)], false),
      "unsupported",
      "a type of kind 20 can't be written in the other byte order: what it is made of is not known",
    ],
    [
      "a header that says more than we know",
      () => {
        const bytes = everyKind(true).build({ headerLength: 40 });
        bytes[36] = 1;
        return encodeLike(Btf.parse(bytes, { what: "x" }));
      },
      "unsupported",
      "x: its header has 40 bytes, and says more in them than is known here (32): it can be read, but not written again",
    ],
    [
      "names that overlap without end",
      () => {
        const b = new BtfBuilder();
        const offset = b.string("x".repeat(5000));
        for (let index = 0; index < 3000; index++) b.add({ kind: "fwd" });
        const bytes = b.build();
        const view = new DataView(bytes.buffer);
        for (let index = 0; index < 3000; index++) view.setUint32(24 + index * 12, offset + 1000 + index, true);
        return encodeLike(Btf.parse(bytes));
      },
      "bad-btf",
      "the names of the types overlap, and are too long to be written one by one",
    ],
  ])("is refused: %s", (_, run, code, message) => {
    expect(thrownBy(run)).toMatchObject({ code, message });
  });
});
