import { describe, expect, it } from "vitest";
import type { BtfType } from "../../src/btf/types.ts";
import { cDeclaration, cMember, cTypeName } from "../../src/btf/c-declaration.ts";
import {
  array,
  bitField,
  enumeration,
  int,
  pointer,
  qualified,
  struct,
  tableOf,
  typedef,
  union,
} from "../generator/support/type-table.ts";

const i32 = int("int", 4, { signed: true });
const proto: BtfType = {
  kind: "func_proto",
  name: "",
  type: 1,
  params: [
    { name: "ctx", type: 2 },
    { name: "", type: 0 },
  ],
};

describe("a C declaration", () => {
  // What C writes, from the types that clang makes of it; the last is the variable's. The name is always "x".
  it.each<[string, BtfType[]]>([
    ["int x", [i32]],
    ["u32 x", [i32, typedef("u32", 1)]],
    ["const volatile int x", [i32, qualified("volatile", 1), qualified("const", 2)]],
    ["int *x", [i32, pointer(1)]],
    ["const int *x", [i32, qualified("const", 1), pointer(2)]],
    ["int *const x", [i32, pointer(1), qualified("const", 2)]],
    ["int x[4]", [i32, array(1, 4)]],
    ["int x[2][3]", [i32, array(1, 3), array(2, 2)]],
    ["int x[]", [i32, array(1, 0)]],
    ["int *x[4]", [i32, pointer(1), array(2, 4)]],
    ["int (*x)[4]", [i32, array(1, 4), pointer(2)]],
    ["int (*x)(void *ctx, ...)", [i32, pointer(0), proto, pointer(3)]],
    ["int (*x[2])(void *ctx, ...)", [i32, pointer(0), proto, pointer(3), array(4, 2)]],
    ["void (*x)(void)", [{ kind: "func_proto", name: "", type: 0, params: [] }, pointer(1)]],
    ["struct s *x", [struct("s", 0), pointer(1)]],
    ["struct {…} x", [struct("", 0)]],
    ["union u x", [union("u", 0)]],
    ["enum e x", [enumeration("e", {})]],
    ["struct later *x", [{ kind: "fwd", name: "later", union: false }, pointer(1)]],
    ["char *x", [int("char", 1), { kind: "type_tag", name: "user", type: 1 }, pointer(2)]],
  ])("%s", (c, types) => {
    expect(cDeclaration(tableOf(...types), types.length, "x")).toBe(c);
  });

  it("of a bit-field has its width", () => {
    expect(cMember(tableOf(i32), bitField("x", 1, 0, 3))).toBe("int x : 3");
  });

  it("without a name is a type's", () => {
    expect(cTypeName(tableOf(int("char", 1), array(1, 16)), 2)).toBe("char[16]");
    expect(cTypeName(tableOf(i32, pointer(1)), 2)).toBe("int *");
  });

  it("of types without end is cut", () => {
    const itself = { name: "", type: 1 };
    const types = tableOf({ kind: "func_proto", name: "", type: 1, params: [itself, itself, itself] });
    expect(cDeclaration(types, 1, "x").length).toBeLessThan(200);
    expect(cDeclaration(tableOf(pointer(1)), 1, "x").length).toBeLessThan(200);
  });
});
