import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { diffBtf, type DiffOptions, type TypeChange } from "../../src/btf/diff/diff.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

type Build = (b: BtfBuilder) => unknown;

function diff(before: Build, after: Build, options: DiffOptions = {}): TypeChange[] {
  const [old, now] = [before, after].map((build) => {
    const b = new BtfBuilder();
    build(b);
    return Btf.parse(b.build());
  });
  return diffBtf(old!, now!, options);
}

const int = (b: BtfBuilder): number => b.int("int", 4, { encoding: 1 });

describe("diffBtf", () => {
  it("finds nothing where only ids differ", () => {
    const build = (b: BtfBuilder): number => b.composite("struct", "s", 4, [["x", int(b), 0]]);
    const later = (b: BtfBuilder): number => {
      b.int("unused", 8);
      return build(b);
    };
    expect(diff(build, later)).toEqual([]);
  });

  it("tells fields that came, went, moved, grew, and are of another type", () => {
    const [change] = diff(
      (b) => {
        const four = int(b);
        const inner = b.composite("struct", "inner", 4, [["x", four, 0]]);
        b.composite("struct", "s", 16, [["gone", four, 0], ["moved", four, 32], ["grown", inner, 64], ["kind", four, 96]]); // prettier-ignore
      },
      (b) => {
        const four = int(b);
        const inner = b.composite("struct", "inner", 8, [["x", four, 0]]);
        b.composite("struct", "s", 20, [["moved", four, 0], ["grown", inner, 64], ["kind", b.refer("ptr", four), 128], ["new", four, 32]]); // prettier-ignore
      },
      { names: ["s"] },
    );
    expect(change).toMatchObject({ kind: "struct", name: "s", change: "changed", sizeBefore: 16, sizeAfter: 20 });
    expect(change?.fields.map(({ field, before, after }) => [field, before?.bitOffset, after?.bitOffset])).toEqual([
      ["gone", 0, undefined],
      ["moved", 32, 0],
      ["new", undefined, 32],
      ["grown", 64, 64],
      ["kind", 96, 128],
    ]);
    expect(change?.fields.at(-1)).toMatchObject({
      before: { type: "int", size: 4 },
      after: { type: "int *", size: 8 },
    });
  });

  it("looks into structs and unions without a name", () => {
    const build =
      (name: string): Build =>
      (b) => {
        const union = b.composite("union", "", 4, [[name, int(b), 0]]);
        const named = b.composite("struct", "", 8, [["", union, 32]]);
        b.composite("struct", "s", 8, [["headers", named, 0]]);
      };
    const [change] = diff(build("old"), build("new"));
    expect(change?.fields.map(({ field, after }) => [field, after?.bitOffset])).toEqual([
      ["headers.old", undefined],
      ["headers.new", 32],
    ]);
  });

  it("takes both kinds of enums for one", () => {
    const changes = diff(
      (b) => b.enumeration("e", 4, false, [["A", 1], ["B", 2]]), // prettier-ignore
      (b) => b.enumeration64("e", false, [["A", 1n], ["C", 1n << 40n]]), // prettier-ignore
    );
    expect(changes).toMatchObject([{ kind: "enum", change: "changed", sizeBefore: 4, sizeAfter: 8 }]);
    expect(changes[0]?.enumerators).toEqual([
      { enumerator: "B", before: { name: "B", value: "2" } },
      { enumerator: "C", after: { name: "C", value: "1099511627776" } },
    ]);
  });

  it("pairs several types of one name: the same with the same", () => {
    const small: Build = (b) => b.composite("struct", "s", 4, [["x", int(b), 0]]);
    const large: Build = (b) => b.composite("struct", "s", 8, [["x", int(b), 32]]);
    const both = (b: BtfBuilder): void => [small, large].forEach((build) => build(b));
    const turned = (b: BtfBuilder): void => [large, small].forEach((build) => build(b));
    expect(diff(both, turned)).toEqual([]);
    expect(diff(both, small)).toMatchObject([{ name: "s", change: "removed", sizeBefore: 8 }]);
  });

  it("compares functions and variables when it is asked to", () => {
    const func = (...params: string[]): Build => (b) => {
      const four = int(b);
      const words = params.flatMap((name) => [b.string(name), four]);
      const proto = b.add({ kind: "func_proto", sizeOrType: 0, vlen: params.length, words });
      b.add({ kind: "func", name: "f", sizeOrType: proto, vlen: 1 });
    }; // prettier-ignore
    expect(diff(func("a"), func("a", "b"))).toEqual([]);
    expect(diff(func("a"), func("a", "b"), { kinds: ["func"] })).toMatchObject([
      { kind: "func", name: "f", textBefore: "void (int a)", textAfter: "void (int a, int b)" },
    ]);
  });
});
