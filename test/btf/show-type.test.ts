import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { showType } from "../../src/btf/show/show-type.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

/*
 * What pahole 1.24 prints of the same types, but where a test says otherwise; test/referee/pahole compares with all
 * structs of kernels.
 */

function shown(build: (b: BtfBuilder) => number): string {
  const b = new BtfBuilder();
  const id = build(b);
  return showType(Btf.parse(b.build()), id);
}

describe("a type as pahole shows it", () => {
  it("has bit-fields with their bits, and the holes between them", () => {
    const text = shown((b) => {
      const int = b.int("unsigned int", 4);
      return b.composite("struct", "flags", 8, [["a", int, 0, 3], ["b", int, 5, 1], ["c", int, 32, 0]]); // prettier-ignore
    });
    expect(text).toBe(
      [
        "struct flags {",
        "\tunsigned int               a:3;                  /*     0: 0  4 */",
        "",
        "\t/* XXX 2 bits hole, try to pack */",
        "\tunsigned int               :2;",
        "",
        "\tunsigned int               b:1;                  /*     0: 5  4 */",
        "",
        "\t/* XXX 26 bits hole, try to pack */",
        "",
        "\tunsigned int               c;                    /*     4     4 */",
        "",
        "\t/* size: 8, cachelines: 1, members: 3 */",
        "\t/* sum members: 4 */",
        "\t/* sum bitfield members: 4 bits, bit holes: 2, sum bit holes: 28 bits */",
        "\t/* last cacheline: 8 bytes */",
        "};",
        "",
      ].join("\n"),
    );
  });

  it("has unions and structs without names in it, and cachelines", () => {
    const text = shown((b) => {
      const char = b.int("char", 1, { encoding: 1 });
      const inner = b.composite("struct", "", 2, [["x", char, 0], ["y", char, 8]]); // prettier-ignore
      const union = b.composite("union", "", 2, [["", inner, 0], ["both", b.array(char, 2), 0]]); // prettier-ignore
      return b.composite("struct", "outer", 66, [["name", b.array(char, 64), 0], ["u", union, 512]]); // prettier-ignore
    });
    expect(text).toBe(
      [
        "struct outer {",
        "\tchar                       name[64];             /*     0    64 */",
        "\t/* --- cacheline 1 boundary (64 bytes) --- */",
        "\tunion {",
        "\t\tstruct {",
        "\t\t\tchar       x;                    /*    64     1 */",
        "\t\t\tchar       y;                    /*    65     1 */",
        "\t\t};                                       /*    64     2 */",
        "\t\tchar               both[2];              /*    64     2 */",
        "\t} u;                                             /*    64     2 */",
        "",
        "\t/* size: 66, cachelines: 2, members: 2 */",
        "\t/* last cacheline: 2 bytes */",
        "};",
        "",
      ].join("\n"),
    );
  });

  it("is packed when it could not be so otherwise", () => {
    const text = shown((b) => {
      const [char, int] = [b.int("char", 1, { encoding: 1 }), b.int("int", 4, { encoding: 1 })];
      return b.composite("struct", "tight", 5, [["c", char, 0], ["i", int, 8]]); // prettier-ignore
    });
    expect(text).toContain("\n} __attribute__((__packed__));\n");
  });

  it("has pointers to functions", () => {
    const text = shown((b) => {
      const int = b.int("int", 4, { encoding: 1 });
      const pointer = b.refer("ptr", b.refer("const", int));
      const proto = b.add({ kind: "func_proto", sizeOrType: int, vlen: 2, words: [0, pointer, 0, 0] });
      return b.composite("struct", "ops", 8, [["run", b.refer("ptr", proto), 0]]);
    });
    expect(text).toContain("\tint                        (*run)(const int  *, ...); /*     0     8 */\n");
  });

  it("has negative enumerators, and arrays of arrays as C writes them, unlike pahole's", () => {
    expect(shown((b) => b.enumeration("e", 4, true, [["LOW", -1]]))).toBe("enum e {\n\tLOW = -1,\n};\n"); // prettier-ignore
    const text = shown((b) => {
      const int = b.int("int", 4, { encoding: 1 });
      return b.composite("struct", "m", 24, [["cells", b.array(b.array(int, 3), 2), 0]]);
    });
    expect(text).toContain("cells[2][3];");
  });

  it("does not let a name steer the terminal", () => {
    expect(shown((b) => b.composite("struct", "x\u001b[2J", 0, []))).not.toContain("\u001b");
  });

  it("is refused when it contains itself", () => {
    const b = new BtfBuilder();
    b.composite("struct", "", 8, [["", 1, 0]]);
    expect(() => showType(Btf.parse(b.build(), { what: "x.btf" }), 1)).toThrow(
      "showing type [1] of x.btf: its declaration nests more than 40 types",
    );
  });
});
