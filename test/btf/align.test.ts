import { describe, expect, it } from "vitest";

import { alignOf } from "../../src/btf/align.ts";
import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

/** Alignments that C has on 64-bit machines; test/referee/btf-sizes.test.ts asks libbpf about kernels' types. */
describe("the alignment of a type", () => {
  const b = new BtfBuilder();
  const u64 = b.int("u64", 8);
  const u8 = b.int("u8", 1);
  const u16 = b.int("u16", 2);

  it.each<[string, number, number | undefined]>([
    ["void", 0, undefined],
    ["u64", u64, 8],
    ["u8", u8, 1],
    ["__int128, which libbpf does not take for larger than a pointer", b.int("i128", 16), 8],
    ["a pointer", b.refer("ptr", u8), 8],
    ["a typedef of a volatile array", b.refer("typedef", b.refer("volatile", b.array(u16, 5)), "t"), 2],
    ["a small enum", b.enumeration("e", 1, false, [["A", 1]]), 1],
    ["a struct", b.composite("struct", "s", 16, [["a", u8, 0], ["b", u64, 64]]), 8], // prettier-ignore
    ["an empty struct", b.composite("struct", "nothing", 0, []), 1],
    ["a struct of a struct in a union", b.composite("struct", "o", 2, [["u", b.composite("union", "u", 2, [["m", u16, 0]]), 0]]), 2], // prettier-ignore
    ["a packed struct, by an offset", b.composite("struct", "p", 12, [["a", u8, 0], ["b", u64, 8]]), 1], // prettier-ignore
    ["a packed struct, by its size", b.composite("struct", "p", 9, [["b", u64, 0], ["a", u8, 64]]), 1], // prettier-ignore
    ["a bit-field, which may lie anywhere", b.composite("struct", "bits", 8, [["f", u64, 3, 5]]), 8],
    ["a struct with a member that has none", b.composite("struct", "v", 8, [["v", 0, 0]]), undefined],
    ["a declaration", b.add({ kind: "fwd", name: "f" }), undefined],
    ["a prototype", b.add({ kind: "func_proto" }), undefined],
    ["a section", b.add({ kind: "datasec", name: ".data", sizeOrType: 8 }), undefined],
  ])("of %s", (_, id, alignment) => {
    expect(alignOf(Btf.parse(b.build()), id)).toBe(alignment);
  });

  it("is refused for a type that contains itself", () => {
    const hostile = new BtfBuilder();
    hostile.composite("struct", "s", 8, [
      ["a", 1, 0],
      ["b", 1, 0],
    ]);
    expect(thrownBy(() => alignOf(Btf.parse(hostile.build()), 1))).toMatchObject({
      code: "bad-btf",
      message: "the alignment of type [1] can't be told: it is part of more than 500 types in each other",
    });
  });

  it("is found at once where structs have two of the next each, many times over", () => {
    const wide = new BtfBuilder();
    const int = wide.int("int", 4);
    for (let id = int; id < 400; id++)
      wide.composite("struct", `s${id}`, 0, [
        ["a", id, 0],
        ["b", id, 0],
      ]);
    expect(alignOf(Btf.parse(wide.build()), 400)).toBe(4);
  });
});
