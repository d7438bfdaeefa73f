import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC, type DumpCOptions } from "../../src/btf/dump-c/dump-c.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { survives } from "../support/survives.ts";
import { thrownBy } from "../support/thrown.ts";

/*
 * What bpftool writes for the same types is in test/referee/dump-c.test.ts: here is what it has no answer to.
 */

function dump(b: BtfBuilder, options?: DumpCOptions): string {
  return dumpC(Btf.parse(b.build(), { what: "types" }), options);
}

/** What is wrong with types that can't be written, sorted or not; found out in time. */
function refusal(b: BtfBuilder): string {
  for (const sorted of [true, false]) expect(survives(() => dump(b, { sorted }), 4000)).toBe(true);
  const error = thrownBy(() => dump(b, { sorted: false }));
  expect(error.code).toBe("bad-btf");
  return error.message;
}

describe("types as C", () => {
  it("are a header that can be included twice", () => {
    const b = new BtfBuilder();
    b.composite("struct", "point", 8, [
      ["x", b.int("int", 4), 0],
      ["y", 1, 32],
    ]);
    const header = dump(b);
    expect(header).toMatch(/^#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n/u);
    expect(header).toContain("struct point {\n\tint x;\n\tint y;\n};\n");
    expect(header).toMatch(/#endif \/\* __VMLINUX_H__ \*\/\n$/u);
  });

  it("of some roots are those and what they need, without kfuncs", () => {
    const b = new BtfBuilder();
    const inner = b.composite("struct", "inner", 0, []);
    const outer = b.composite("struct", "outer", 0, [["inner", inner, 0]]);
    b.composite("struct", "unrelated", 0, []);
    const header = dump(b, { roots: [outer] });
    expect(header).toContain("struct inner {};\n\nstruct outer {\n\tstruct inner inner;\n");
    expect(header).not.toMatch(/unrelated|kfunc/u);
    expect(dump(b, { roots: [] })).not.toContain("struct inner");
  });

  it.each([3, -1, 0.5, NaN])("have no root %s", (root) => {
    const b = new BtfBuilder();
    b.int("int", 4);
    b.int("long", 8);
    const error = thrownBy(() => dump(b, { roots: [1, root] }));
    expect(error).toMatchObject({
      code: "bad-input",
      message: `types: there is no type [${root}], the last one is [2]`,
    });
  });

  it("may have names that are no ASCII, or not even UTF-8", () => {
    const b = new BtfBuilder();
    b.composite("struct", "größe", 0, []);
    b.composite("struct", "xxx", 0, []);
    const bytes = b.build();
    bytes.set([0xff, 0xfe, 0x80], bytes.length - 4);
    expect(dumpC(Btf.parse(bytes), { sorted: false })).toMatch(
      /struct größe \{\};\n\nstruct \ufffd\ufffd\ufffd \{\};/u,
    );
  });

  it("are nested as deep as anybody nests them", () => {
    const b = new BtfBuilder();
    let id = b.int("int", 4);
    for (let level = 0; level < 150; level++) id = b.composite("struct", "", 4, [["x", id, 0]]);
    b.refer("typedef", id, "deep");
    expect(dump(b)).toContain("} deep;");
  });
});

describe("types that are no C", () => {
  it("a struct inside itself", () => {
    const b = new BtfBuilder();
    b.composite("struct", "a", 8, [["b", 2, 0]]);
    b.composite("struct", "b", 8, [["a", 1, 0]]);
    expect(refusal(b)).toBe("types: the struct [1] is inside itself, C can't say that");
  });

  it.each(["typedef", "const", "ptr", "type_tag"] as const)("a %s of itself", (kind) => {
    const b = new BtfBuilder();
    b.refer(kind, 1, "t");
    expect(refusal(b)).toMatch(/type \[1\] is nested more than 400 levels deep, or in itself/u);
  });

  it("an array of itself, and a function that takes itself", () => {
    const array = new BtfBuilder();
    array.array(1, 1);
    expect(refusal(array)).toContain("in itself");
    const proto = new BtfBuilder();
    proto.add({ kind: "func_proto", vlen: 1, words: [0, 1] });
    expect(refusal(proto)).toContain("in itself");
  });

  it("a struct without a name that has a pointer to itself", () => {
    const b = new BtfBuilder();
    b.composite("struct", "", 8, [["next", 2, 0]]);
    b.refer("ptr", 1);
    expect(refusal(b)).toContain("inside itself");
  });

  it("a member that is a function, or a variable", () => {
    const b = new BtfBuilder();
    const proto = b.add({ kind: "func_proto" });
    const func = b.add({ kind: "func", name: "f", sizeOrType: proto });
    b.composite("struct", "s", 8, [["member", func, 0]]);
    expect(refusal(b)).toBe("types: type [2] is a func, C can't declare anything as that");
  });

  it("references to nowhere", () => {
    const b = new BtfBuilder();
    b.refer("ptr", 2);
    expect(refusal(b)).toBe("types: type [1] refers to type [2], the last one is [1]");
    const name = new BtfBuilder();
    name.add({ kind: "struct", vlen: 1, words: [100, 0, 0] });
    expect(refusal(name)).toBe("types: type [1] has a name at offset 100 of the strings, which are 1 bytes");
  });

  it("a kind that is newer than we are", () => {
    const b = new BtfBuilder();
    b.add({ kind: 20, name: "new" });
    const layouts = Array.from({ length: 21 }, (): [number, number] => [0, 0]);
    const btf = Btf.parse(b.build({ layouts }), { what: "types" });
    expect(thrownBy(() => dumpC(btf)).message).toMatch(/type \[1\] has a kind that is newer/u);
  });
});

describe("a small file does not become", () => {
  it("a header without end: structs without names, each twice in the next", () => {
    const b = new BtfBuilder();
    let id = b.int("int", 4);
    for (let level = 0; level < 40; level++)
      id = b.composite("struct", "", 0, [
        ["a", id, 0],
        ["b", id, 0],
      ]);
    b.composite("struct", "all", 0, [["x", id, 0]]);
    expect(refusal(b)).toMatch(/so entangled|bytes long/u);
  });

  it("functions without end", () => {
    const b = new BtfBuilder();
    let id = b.int("int", 4);
    for (let level = 0; level < 40; level++)
      id = b.add({ kind: "func_proto", sizeOrType: id, vlen: 2, words: [0, id, 0, id] });
    b.refer("typedef", id, "f");
    expect(refusal(b)).toContain("so entangled");
  });

  it("padding without end", () => {
    const b = new BtfBuilder();
    b.composite("struct", "hole", 0xffff_ffff, []);
    expect(refusal(b)).toContain("bytes long");
  });

  it("names without end", () => {
    const b = new BtfBuilder();
    b.composite("struct", "x".repeat(4097), 0, []);
    expect(refusal(b)).toBe("types: a name has more than 4096 bytes, no compiler writes that");
  });

  it("a stack overflow", () => {
    const b = new BtfBuilder();
    let id = b.int("int", 4);
    for (let level = 0; level < 100_000; level++) id = b.refer("ptr", id);
    for (const sorted of [true, false]) expect(survives(() => dump(b, { sorted }), 4000)).toBe(true);
    expect(thrownBy(() => dump(b, { roots: [id] })).message).toContain("nested more than 400 levels deep");
  });

  it("a search without end: names that are ends of each other", () => {
    const b = new BtfBuilder();
    const offset = b.string("x".repeat(60_000));
    for (let index = 0; index < 20_000; index++)
      b.add({ kind: "struct", name: "s", sizeOrType: 0, vlen: 1, words: [offset + index, 0, 0] });
    const bytes = b.build();
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < 20_000; index++) view.setUint32(24 + index * 24, offset + index, true);
    expect(survives(() => dumpC(Btf.parse(bytes)), 4000)).toBe(true);
  });
});
