import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { deduplicate } from "../../src/btf/dedup/dedup.ts";
import { ownTypes } from "../../src/btf/opaque.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { BtfBuilder as RawBuilder, everyKind } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

/*
 * What deduplicating is for, in small; test/referee/btf-dedup.test.ts compares with libbpf. The cases are those of the
 * comments in libbpf's btf.c.
 */
function deduplicated(fill: (b: BtfBuilder) => void): { types: BtfType[]; newIds: number[] } {
  const b = new BtfBuilder();
  fill(b);
  const { bytes, newIds } = deduplicate(Btf.parse(b.build()));
  return { types: [...ownTypes(Btf.parse(bytes))] as BtfType[], newIds: [...newIds] };
}

describe("types that are there twice", () => {
  it("are merged, and what refers to them is told", () => {
    const { types, newIds } = deduplicated((b) => {
      for (let copy = 0; copy < 2; copy++) b.const(b.pointer(b.int("int", 4)));
    });
    expect(types.map(({ kind }) => kind)).toEqual(["int", "ptr", "const"]);
    expect(newIds).toEqual([0, 1, 2, 3, 1, 2, 3]);
  });

  it("are merged through circles, and complete one another's declarations", () => {
    const { types, newIds } = deduplicated((b) => {
      // First file: struct a is known, struct b is not. Second file: the other way round. struct s holds both.
      const [a1, s1] = [b.nextId, b.nextId + 1];
      b.struct("a", 8, [{ name: "s", type: b.nextId + 3 }]);
      b.struct("s", 16, [
        { name: "a", type: b.nextId + 3 },
        { name: "b", type: b.nextId + 4, bitOffset: 64 },
      ]);
      b.forward("b", "struct");
      b.pointer(s1);
      b.pointer(a1);
      b.pointer(3);
      const [a2, s2, b2] = [b.nextId, b.nextId + 1, b.nextId + 2];
      b.forward("a", "struct");
      b.struct("s", 16, [
        { name: "a", type: b.nextId + 3 },
        { name: "b", type: b.nextId + 4, bitOffset: 64 },
      ]);
      b.struct("b", 8, [{ name: "s", type: b.nextId + 3 }]);
      b.pointer(s2);
      b.pointer(a2);
      b.pointer(b2);
    });
    expect(types.map(({ kind, name }) => `${kind} ${name}`.trim())).toEqual([
      "struct a",
      "struct s",
      "ptr",
      "ptr",
      "ptr",
      "struct b",
    ]);
    expect(newIds).toHaveLength(13);
  });

  it("are not merged when they differ in something that they lead to", () => {
    const { types } = deduplicated((b) => {
      for (const name of ["int", "long"]) b.struct("s", 8, [{ name: "p", type: b.pointer(b.int(name, 8)) }]);
    });
    expect(types.filter(({ kind }) => kind === "struct")).toHaveLength(2);
  });

  it("are not merged when arrays of different types stand in one's place", () => {
    // libbpf compares such an array with itself (btf_dedup_identical_types), and takes the two structs for the same.
    const { types } = deduplicated((b) => {
      const [int, char] = [b.int("int", 4), b.int("char", 1)];
      const ofInts = b.array(int, 3, int);
      const ofChars = b.array(char, 3, int);
      const members = (first: number, second: number): { name: string; type: number; bitOffset: number }[] =>
        [first, second].map((type, index) => ({ name: `p${index}`, type, bitOffset: 64 * index }));
      b.struct("s", 16, members(b.pointer(ofInts), b.pointer(ofInts)));
      const other = b.array(int, 3, int);
      b.struct("s", 16, members(b.pointer(other), b.pointer(ofChars)));
    });
    expect(types.filter(({ kind }) => kind === "struct")).toHaveLength(2);
  });

  it("are merged with a base's, which stays what it is", () => {
    const base = Btf.parse(everyKind(true).build());
    const b = new BtfBuilder({ base });
    b.typedef("own", b.pointer(b.int("int", 4, { signed: true })));
    const { bytes, newIds } = deduplicate(Btf.parse(b.build(), { base }));
    expect([...ownTypes(Btf.parse(bytes, { base }))]).toEqual([{ kind: "typedef", name: "own", type: 2 }]);
    expect([...newIds]).toEqual([...Array.from({ length: 20 }, (_, id) => id), 1, 2, 20]);
  });

  it("are merged with a base's when they are typedefs, as libbpf 1.8 has it", () => {
    const base = Btf.parse(everyKind(true).build());
    const b = new BtfBuilder({ base });
    b.typedef("s_t", 4);
    b.int("own", 4);
    const { bytes } = deduplicate(Btf.parse(b.build(), { base }));
    expect([...ownTypes(Btf.parse(bytes, { base }))]).toMatchObject([{ kind: "int", name: "own" }]);
  });

  it("leave no strings behind that nothing uses, and keep the byte order", () => {
    const raw = everyKind(false);
    const length = Btf.parse(raw.build()).stringsLength;
    raw.string("unused");
    const btf = Btf.parse(deduplicate(Btf.parse(raw.build())).bytes);
    expect(btf.littleEndian).toBe(false);
    expect(btf.stringsLength).toBe(length);
  });

  it("with names that are no UTF-8 are merged only if the bytes are the same", () => {
    const raw = new RawBuilder();
    raw.int("x1", 4);
    raw.int("x2", 4);
    const bytes = raw.build();
    // Both would be read as the same replacement character.
    bytes.set([0xff, 0x31], bytes.length - 6);
    bytes.set([0xfe, 0x31], bytes.length - 3);
    const { newIds } = deduplicate(Btf.parse(bytes));
    expect([...newIds]).toEqual([0, 1, 2]);
  });
});

describe("types that make no sense", () => {
  const raw = (fill: (b: RawBuilder) => void): Btf => {
    const b = new RawBuilder();
    fill(b);
    return Btf.parse(b.build(), { what: "x" });
  };

  it.each<[string, (b: RawBuilder) => void, string]>([
    ["a reference to nothing", (b) => b.refer("ptr", 2), "x: type [1] refers to [2], the last one is [1]"],
    ["a circle of pointers", (b) => b.refer("ptr", 1), "x: type [1] refers to itself, and not through a struct"],
    [
      "structs of variables",
      (b) => {
        const variable = b.add({ kind: "var", name: "v", words: [0] });
        const other = b.add({ kind: "var", name: "v", words: [0] });
        b.composite("struct", "s", 8, [["m", variable, 0]]);
        b.composite("struct", "s", 8, [["m", other, 0]]);
      },
      "x: type [2] is a var, to which no type can refer",
    ],
  ])("are refused: %s", (_, fill, message) => {
    expect(thrownBy(() => deduplicate(raw(fill)))).toMatchObject({ code: "bad-btf", message });
  });

  it("are refused when a kind is unknown", () => {
    const b = new RawBuilder();
    b.add({ kind: 20 });
    const btf = Btf.parse(b.build({ layouts: Array.from({ length: 21 }, () => [0, 0]) }), { what: "x" });
    expect(thrownBy(() => deduplicate(btf))).toMatchObject({
      code: "unsupported",
      message: "x: types can't be compared: [1] is of kind 20, and what that is made of is not known",
    });
  });

  it("may be pointers to pointers as deep as the file is long", () => {
    const btf = raw((b) => {
      b.int("int", 4);
      for (let id = 1; id < 20_000; id++) b.refer("ptr", id);
      b.refer("ptr", 0);
      // The same from the outside to the inside.
      for (let id = 20_002; id < 40_000; id++) b.refer("const", id + 1);
      b.refer("const", 0);
    });
    expect(Btf.parse(deduplicate(btf).bytes).typeCount).toBe(btf.typeCount);
  });

  it("do not take for ever when each struct has to be compared with all others", () => {
    const btf = raw((b) => {
      const int = b.int("int", 4);
      for (let count = 0; count < 2_500; count++) {
        const pointer = b.refer("ptr", b.add({ kind: "fwd", name: `f${count}` }));
        b.composite("struct", "s", 16, [
          ["m", int, 0],
          ["p", pointer, 64],
        ]);
      }
    });
    expect(thrownBy(() => deduplicate(btf))).toMatchObject({
      code: "bad-btf",
      message: "x: its types can't be deduplicated: comparing them takes too long",
    });
  });
});
