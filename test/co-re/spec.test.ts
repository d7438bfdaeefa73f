import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { specText, parseSpec, SpecError } from "../../src/co-re/spec.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

/*
 * struct inner { char text[3][5]; };
 * struct root {
 *     int first;
 *     struct {                // anonymous
 *         short second;
 *         union {             // anonymous
 *             const struct inner in;
 *             unsigned bits : 3;
 *         };
 *     };
 *     void *pointer;
 *     int flexible[];
 * };
 * typedef const struct root root_t;
 */
const b = new BtfBuilder();
const int = b.int("int", 4);
const text = b.array(b.array(b.int("char", 1), 5), 3);
const inner = b.composite("struct", "inner", 15, [["text", text, 0]]);
const union = b.composite("union", "", 16, [
  ["in", b.refer("const", inner), 0],
  ["bits", int, 7, 3],
]);
const middle = b.composite("struct", "", 20, [
  ["second", b.int("short", 2), 0],
  ["", union, 32],
]);
const root = b.composite("struct", "root", 32, [
  ["first", int, 0],
  ["", middle, 32],
  ["pointer", b.refer("ptr", 0), 192],
  ["flexible", b.array(int, 0), 256],
]);
const alias = b.refer("typedef", b.refer("const", root), "root_t");
const sizeless = b.add({ kind: "fwd", name: "sizeless" });
const btf = Btf.parse(b.build());

describe("an access string", () => {
  it.each([
    ["0", root, "root", 0],
    ["2", root, "root[2]", 512],
    ["0:0", root, "root.first", 0],
    ["0:1", root, "root", 32],
    ["0:1:0", root, "root.second", 32],
    ["0:1:1:0", root, "root.in", 64],
    ["0:1:1:0:0:2:4", root, "root.in.text[2][4]", 64 + (2 * 5 + 4) * 8],
    ["0:1:1:1", root, "root.bits", 71],
    ["3:2", root, "root[3].pointer", 3 * 256 + 192],
    ["0:3:7", root, "root.flexible[7]", 256 + 7 * 32],
    ["0:0", alias, "root_t.first", 0],
    ["5", int, "int[5]", 160],
    ["0:1:1", text, "[1][1]", 48],
  ])("%s leads through type %i to %s", (access, type, field, bitOffset) => {
    const spec = parseSpec(btf, type, access, "byte_off");
    expect([specText(spec), spec.bitOffset]).toEqual([field, bitOffset]);
    expect(spec.rawSpec.join(":")).toBe(access);
    expect(spec.rootTypeId).toBe(type);
  });

  it("keeps named members and elements only on the way", () => {
    const spec = parseSpec(btf, root, "0:1:1:0:0:2", "byte_off");
    expect(spec.accessors).toEqual([
      { typeId: root, index: 0, name: undefined },
      { typeId: union, index: 0, name: "in" },
      { typeId: inner, index: 0, name: "text" },
      { typeId: text - 1, index: 2, name: undefined },
    ]);
  });

  it.each([
    ["", root, '"" is not a list of numbers with colons between them'],
    [":0", root, '":0" is not a list of numbers with colons between them'],
    ["0:", root, '"0:" is not a list of numbers with colons between them'],
    ["0::1", root, '"0::1" is not a list of numbers with colons between them'],
    ["0:-1", root, '"0:-1" is not a list of numbers with colons between them'],
    ["0:1a", root, '"0:1a" is not a list of numbers with colons between them'],
    ["0:2147483648", root, '"0:2147483648" has a number that is too large'],
    [`0${":1".repeat(64)}`, root, "it has more than 64 steps"],
    ["0:4", root, `struct root [${root}] has no member 4`],
    ["0:1:1:2", root, `union (anonymous) [${union}] has no member 2`],
    ["0:0:0", root, `type [${int}] is of kind int, which has no member 0`],
    ["0:2:0", root, `type [${root - 2}] is of kind ptr, which has no member 0`],
    ["0:1:1:0:0:3", root, `array [${text}] has 3 elements, none with number 3`],
    ["0", sizeless, `type [${sizeless}] has no size`],
    ["0", 0, "type [0] has no size"],
  ])("%s through type %i is refused", (access, type, message) => {
    expect(() => parseSpec(btf, type, access, "byte_off")).toThrow(new SpecError(message));
  });
});
