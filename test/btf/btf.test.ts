import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { kinds, type BtfType } from "../../src/btf/types.ts";
import { BtfBuilder, everyKind, type BuildOptions } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

/** What {@link everyKind} holds, read off https://docs.kernel.org/bpf/btf.html; bpftool agrees (test/referee/btf-dump). */
const decoded: BtfType[] = [
  { kind: "void", name: "" },
  { kind: "int", name: "int", size: 4, bits: 32, offset: 0, signed: true, char: false, bool: false },
  { kind: "ptr", name: "", type: 1 },
  { kind: "array", name: "", type: 1, indexType: 1, nelems: 16 },
  {
    kind: "struct",
    name: "s",
    size: 16,
    members: [
      { name: "plain", type: 1, bitOffset: 0, bitSize: 0 },
      { name: "", type: 5, bitOffset: 32, bitSize: 0 },
      { name: "low", type: 1, bitOffset: 64, bitSize: 3 },
      { name: "high", type: 1, bitOffset: 67, bitSize: 13 },
    ],
  },
  {
    kind: "union",
    name: "u",
    size: 4,
    members: [
      { name: "i", type: 1, bitOffset: 0, bitSize: 0 },
      { name: "j", type: 6, bitOffset: 0, bitSize: 0 },
    ],
  },
  {
    kind: "enum",
    name: "e",
    size: 4,
    signed: true,
    values: [
      { name: "MINUS", value: -1 },
      { name: "ONE", value: 1 },
    ],
  },
  { kind: "fwd", name: "later", union: true },
  { kind: "typedef", name: "s_t", type: 4 },
  { kind: "volatile", name: "", type: 1 },
  { kind: "const", name: "", type: 9 },
  { kind: "restrict", name: "", type: 2 },
  { kind: "func", name: "f", type: 13, linkage: "global" },
  {
    kind: "func_proto",
    name: "",
    type: 1,
    params: [
      { name: "first", type: 2 },
      { name: "", type: 0 },
    ],
  },
  { kind: "var", name: "v", type: 1, linkage: "global" },
  { kind: "datasec", name: ".data", size: 8, vars: [{ type: 14, offset: 4, size: 4 }] },
  { kind: "float", name: "double", size: 8 },
  { kind: "decl_tag", name: "tagged", type: 4, componentIdx: -1 },
  { kind: "type_tag", name: "user", type: 1 },
  {
    kind: "enum64",
    name: "e64",
    size: 8,
    signed: false,
    values: [
      { name: "SMALL", value: 1n },
      { name: "LARGE", value: 0xffff_ffff_ffff_ffffn },
    ],
  },
];

function typesOf(btf: Btf): BtfType[] {
  return Array.from({ length: btf.typeCount }, (_, id) => btf.type(id));
}

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("%s BTF", (_, littleEndian) => {
  it("has every kind decoded", () => {
    const btf = Btf.parse(everyKind(littleEndian).build());
    expect(btf.littleEndian).toBe(littleEndian);
    expect(typesOf(btf)).toEqual(decoded);
  });

  it("says kind and name of a type without decoding it", () => {
    const btf = Btf.parse(everyKind(littleEndian).build());
    expect(kinds.map((_kind, id) => btf.kind(id))).toEqual(kinds);
    expect(kinds.map((_kind, id) => btf.name(id))).toEqual(decoded.map(({ name }) => name));
  });

  it("may have a longer header than we know", () => {
    const btf = Btf.parse(everyKind(littleEndian).build({ headerLength: 48 }));
    expect(typesOf(btf)).toEqual(decoded);
  });

  it("may have a section of layouts, which passes over kinds that are newer than we are", () => {
    const b = everyKind(littleEndian);
    // Kind 20: 4 bytes, then 8 per element. Kind 21: nothing.
    const unknown = b.add({ kind: 20, name: "new", vlen: 2, words: [1, 2, 3, 4, 5] });
    b.add({ kind: 21, name: "newer" });
    const last = b.refer("ptr", 1);
    const layouts = Array.from({ length: 22 }, (_kind, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
    const btf = Btf.parse(b.build({ layouts }));
    expect(btf.type(last)).toEqual({ kind: "ptr", name: "", type: 1 });
    // What the section says of kinds that we know is not believed: it says 0 everywhere.
    expect(decoded.map((_type, id) => btf.type(id))).toEqual(decoded);
    expect(btf.name(unknown)).toBe("new");
    expect(() => btf.type(unknown)).toThrow(/^the BTF data: the type at byte \d+ has the unknown kind 20$/u);
  });
});

describe("members and values", () => {
  it("are counted with 24 bits", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const values = Array.from({ length: 70_000 }, (_, index): [string, number] => [
      index === 69_999 ? "LAST" : "",
      index,
    ]);
    b.enumeration("many", 4, false, values);
    const type = Btf.parse(b.build()).type(int + 1);
    expect(type).toMatchObject({ kind: "enum", values: { length: 70_000 } });
    expect(type.kind === "enum" && type.values.at(-1)).toEqual({ name: "LAST", value: 69_999 });
  });

  it("of an enum without the kind flag are unsigned", () => {
    const b = new BtfBuilder();
    const id = b.enumeration("e", 4, false, [["ALL", -1]]);
    expect(Btf.parse(b.build()).type(id)).toMatchObject({ signed: false, values: [{ value: 0xffff_ffff }] });
  });

  it("of a signed 64-bit enum are negative where their upper bit is set", () => {
    const b = new BtfBuilder();
    const id = b.enumeration64("e", true, [
      ["MIN", -(2n ** 63n)],
      ["MAX", 2n ** 63n - 1n],
      ["MINUS", -2n],
    ]);
    const type = Btf.parse(b.build()).type(id);
    expect(type.kind === "enum64" && type.values.map(({ value }) => value)).toEqual([
      -(2n ** 63n),
      2n ** 63n - 1n,
      -2n,
    ]);
  });

  it("of a struct without bit-fields may begin past 16 million bits", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const id = b.composite("struct", "large", 2 ** 28, [["far", int, 0x7fff_ffe0]]);
    expect(Btf.parse(b.build()).type(id)).toMatchObject({ members: [{ bitOffset: 0x7fff_ffe0, bitSize: 0 }] });
  });

  it("of an integer say where its bits are and what they mean", () => {
    const b = new BtfBuilder();
    b.int("weird", 4, { encoding: 7, bits: 3, offset: 5 });
    expect(Btf.parse(b.build()).type(1)).toEqual({
      kind: "int",
      name: "weird",
      size: 4,
      bits: 3,
      offset: 5,
      signed: true,
      char: true,
      bool: true,
    });
  });

  it.each([
    [0, "static"],
    [1, "global"],
    [2, "extern"],
  ])("of a variable or function with linkage %i are %s", (number, linkage) => {
    const b = new BtfBuilder();
    b.add({ kind: "func_proto" });
    b.add({ kind: "func", name: "f", sizeOrType: 1, vlen: number });
    b.add({ kind: "var", name: "v", words: [number] });
    const btf = Btf.parse(b.build());
    expect([btf.type(2), btf.type(3)]).toMatchObject([{ linkage }, { linkage }]);
  });
});

describe("split BTF", () => {
  const baseBuilder = new BtfBuilder();
  const int = baseBuilder.int("int", 4);
  baseBuilder.composite("struct", "task", 4, [["pid", int, 0]]);
  const sharedName = baseBuilder.string("task");
  const base = Btf.parse(baseBuilder.build(), { what: "the base" });
  const b = new BtfBuilder({ base });
  b.composite("struct", "own", 4, [["field", int, 0]]);
  b.refer("ptr", base.typeCount);
  b.composite("struct", "task___old", 4, [["tgid", int, 0]]);
  // A type whose name is in the base's strings.
  const words = [base.stringsLength + 1, int, 0];
  b.add({ kind: "struct", name: "", vlen: 1, sizeOrType: 4, words });
  const bytes = b.build();
  const nameAt = 24 + 24 + 12 + 24;
  new DataView(bytes.buffer).setUint32(nameAt, sharedName, true);
  const split = Btf.parse(bytes, { base, what: "the module" });

  it("continues the ids of its base", () => {
    expect(base.typeCount).toBe(3);
    expect(split.firstId).toBe(3);
    expect(split.typeCount).toBe(7);
    expect(split.type(0)).toEqual({ kind: "void", name: "" });
    expect(split.type(2)).toBe(base.type(2));
    expect(split.type(3)).toMatchObject({ kind: "struct", name: "own", members: [{ name: "field", type: int }] });
    expect(split.type(4)).toEqual({ kind: "ptr", name: "", type: 3 });
    expect(split.kind(2)).toBe("struct");
    expect(split.name(2)).toBe("task");
  });

  it("shares the strings of its base", () => {
    expect(split.string(sharedName)).toBe("task");
    expect(split.name(6)).toBe("task");
    expect(new TextDecoder().decode(split.strings)).toContain("pid\0");
    expect(split.strings).toHaveLength(split.stringsLength);
  });

  it("finds names in its base first, then its own", () => {
    expect(split.find("task", "struct")).toBe(2);
    expect(split.find("own", "struct")).toBe(3);
    expect(split.find("own", "union")).toBeUndefined();
    expect(base.find("own", "struct")).toBeUndefined();
  });

  it("offers its own types only as candidates, those whose name is the base's included", () => {
    expect([...split.ownEssential("task")]).toEqual([5, 6]);
    expect([...base.ownEssential("task")]).toEqual([2]);
  });

  it("has kinds passed over that its base's layouts tell of", () => {
    const layouted = new BtfBuilder();
    layouted.int("int", 4);
    const layouts = Array.from({ length: 21 }, (): [number, number] => [4, 0]);
    const below = Btf.parse(layouted.build({ layouts }));
    const above = new BtfBuilder({ base: below });
    above.add({ kind: 20, words: [7] });
    above.refer("ptr", 1);
    expect(Btf.parse(above.build(), { base: below }).type(3)).toMatchObject({ kind: "ptr" });
  });
});

describe("names", () => {
  // Each case is one of the comments of libbpf's bpf_core_essential_name_len, or a corner of it.
  it.each([
    ["sample", "sample"],
    ["sample___v1", "sample"],
    ["sample___v1___v2", "sample___v1"],
    ["a___b", "a"],
    ["___sample", "___sample"],
    ["sample___", "sample___"],
    ["sample____v1", "sample____v1"],
    ["sample___v1_", "sample"],
    ["sample__v1", "sample__v1"],
    ["_a___b", "_a"],
    ["a_b___c_d", "a_b"],
    ["x___y____z", "x"],
  ])("%s is a flavour of %s", (name, essential) => {
    const b = new BtfBuilder();
    const id = b.composite("struct", name, 0, []);
    const btf = Btf.parse(b.build());
    expect([...btf.ownEssential(essential)]).toEqual([id]);
    if (name !== essential) expect([...btf.ownEssential(name)]).toEqual([]);
    expect(btf.find(name, "struct")).toBe(id);
  });

  it("are found in the order of ids, whatever their kind", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const ids = [
      b.composite("struct", "t", 0, []),
      b.composite("struct", "t___2", 0, []),
      b.refer("typedef", int, "t"),
      b.composite("union", "t___3", 0, []),
    ];
    for (let other = 0; other < 1000; other++) b.composite("struct", `other${other}`, 0, []);
    const btf = Btf.parse(b.build());
    expect([...btf.ownEssential("t")]).toEqual(ids);
    expect(btf.find("t", "typedef")).toBe(ids[2]);
    expect(btf.find("t___3", "union")).toBe(ids[3]);
    expect(btf.find("other999", "struct")).toBe(ids[3]! + 1000);
    expect(btf.find("missing", "struct")).toBeUndefined();
    expect(btf.find("", "struct")).toBeUndefined();
  });

  it("may be of any UTF-8", () => {
    const b = new BtfBuilder();
    const id = b.composite("struct", "größe___ß", 0, []);
    expect([...Btf.parse(b.build()).ownEssential("größe")]).toEqual([id]);
  });
});

describe("wrong BTF", () => {
  const small = (fill: (b: BtfBuilder) => void, options?: BuildOptions): Uint8Array => {
    const b = new BtfBuilder();
    fill(b);
    return b.build(options);
  };
  const patched = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  const int = small((b) => b.int("int", 4));

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "x: 0 bytes are too few for a BTF header (24)"],
    ["half a header", int.subarray(0, 23), "x: 23 bytes are too few for a BTF header (24)"],
    ["another format", new Uint8Array(40), "x: this is not BTF, it does not begin with the magic number 0xeb9f"],
    ["another version", small(() => undefined, { version: 2 }), "x: this is BTF version 2, only version 1 is known"],
    ["a short header", patched(int, 4, 20), "x: the header says it is 20 bytes long, the shortest one has 24"],
    ["types that are cut off", patched(int, 12, 4000), "x: the types end at byte 4024, but there are only 45 bytes"],
    ["strings that are cut off", int.subarray(0, 44), "x: the strings end at byte 45, but there are only 44 bytes"],
    ["types at an odd place", patched(int, 8, 2), "x: the types begin at byte 26, which is not a multiple of 4"],
    ["endless strings", patched(int, 20, 4), "x: the last string has no end"],
    [
      "strings of a base that is not there",
      patched(int, 16, 17),
      "x: the strings end at byte 46, but there are only 45 bytes",
    ],
    [
      "a first string that is not empty",
      patched(patched(int, 16, 17), 20, 4),
      "x: the strings do not begin with the empty one",
    ],
    ["the kind 0", small((b) => b.add({ kind: 0 })), "x: type [1] at byte 24 has the unknown kind 0"],
    ["the kind 20", small((b) => b.add({ kind: 20 })), "x: type [1] at byte 24 has the unknown kind 20"],
    ["the kind 127", small((b) => b.add({ kind: 127 })), "x: type [1] at byte 24 has the unknown kind 127"],
    [
      "a kind whose layout is no whole words",
      small((b) => b.add({ kind: 20, words: [0] }), { layouts: Array.from({ length: 21 }, () => [3, 0] as const) }),
      "x: type [1] at byte 32 has the unknown kind 20",
    ],
    [
      "half a word of a type",
      patched(
        small((b) => b.int("int", 4), { gap: 4 }),
        12,
        18,
      ),
      "x: type [2] at byte 40 is cut off by the end of the types",
    ],
    [
      "a cut-off type",
      patched(
        small((b) => b.int("int", 4), { gap: 4 }),
        12,
        20,
      ),
      "x: type [2] at byte 40 is cut off by the end of the types",
    ],
    [
      "types that end in the strings",
      patched(int, 12, 17),
      "x: the types end at byte 41, after the start of the strings at 40",
    ],
    [
      "layouts that begin in the types",
      patched(
        small((b) => b.int("int", 4), { layouts: [[0, 0]] }),
        24,
        12,
      ),
      "x: the types end at byte 48, after the start of the layouts of the kinds at 44",
    ],
    [
      "layouts that end in the strings",
      patched(
        small((b) => b.int("int", 4), { layouts: [[0, 0]] }),
        28,
        8,
      ),
      "x: the layouts of the kinds end at byte 56, after the start of the strings at 52",
    ],
    [
      "too many members",
      patched(
        small((b) => b.composite("struct", "s", 0, [])),
        28,
        0x04ff_ffff,
      ),
      "x: type [1] ends at byte 201326616, after the end of the types (36)",
    ],
    [
      "a cut-off layout section",
      patched(
        small((b) => b.int("int", 4), { layouts: [[0, 0]] }),
        28,
        400,
      ),
      "x: the layouts of the kinds end at byte 448, but there are only 57 bytes",
    ],
  ])("is refused: %s", (_, bytes, message) => {
    const error = thrownBy(() => Btf.parse(bytes, { what: "x" }));
    expect(error).toMatchObject({ code: "bad-btf", message });
  });

  it.each<[string, Uint8Array, (btf: Btf) => unknown, string]>([
    ["no such type", int, (btf) => btf.type(2), "x: there is no type [2], the last one is [1]"],
    ["no such type's name", int, (btf) => btf.name(2), "x: there is no type [2], the last one is [1]"],
    [
      "no such type's kind",
      int,
      (btf) => btf.kind(0xffff_ffff),
      "x: there is no type [4294967295], the last one is [1]",
    ],
    ["no type before the first", int, (btf) => btf.type(-1), "x: there is no type [-1], the last one is [1]"],
    ["half a type", int, (btf) => btf.type(0.5), "x: there is no type [0.5], the last one is [1]"],
    ["no such string", int, (btf) => btf.string(5), "x: there is no string at offset 5 of the strings"],
    [
      "a name past the strings",
      patched(int, 24, 99),
      (btf) => btf.type(1),
      "x: there is no string at offset 99 of the strings",
    ],
    [
      "a name that no compiler writes",
      small((b) => b.int("x".repeat(5000), 4)),
      (btf) => btf.type(1),
      "x: the name at 41 is 5000 bytes long, more than any compiler writes (4096)",
    ],
  ])("says what it lacks: %s", (_, bytes, ask, message) => {
    const btf = Btf.parse(bytes, { what: "x" });
    expect(thrownBy(() => ask(btf))).toMatchObject({ code: "bad-btf", message });
  });

  it("finds nothing by a name past the strings, or by one that no compiler writes", () => {
    const b = new BtfBuilder();
    b.int("x".repeat(5000), 4);
    b.int("int", 4);
    const btf = Btf.parse(patched(b.build(), 24 + 16, 0xffff));
    expect(btf.find("x".repeat(5000), "int")).toBeUndefined();
    expect(btf.find("int", "int")).toBeUndefined();
  });
});
