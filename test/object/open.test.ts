import { describe, expect, it } from "vitest";

import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const EXIT = 0x95n;
const FUNC = 2;
const OBJECT = 1;
/** `ld_imm64 r1, imm`. */
const load = (imm = 0): readonly [bigint, bigint] => [0x118n | (BigInt.asUintN(32, BigInt(imm)) << 32n), 0n];
/** `call` of a function of the program, by a relocation. */
const CALL_FUNCTION = 0xffff_ffff_0000_1085n;
const CALL_HELPER = 0x0000_0006_0000_0085n;

describe("what is around programs", () => {
  it("may all be missing", () => {
    expect(openObject(new ElfBuilder().build())).toMatchObject({
      license: "",
      kernelVersion: 0,
      btf: undefined,
      ext: undefined,
      programs: [],
      subprograms: [],
      maps: [],
      externs: [],
    });
  });

  it.each([
    ["GPL\0", "GPL"],
    ["Dual BSD/GPL\0rest", "Dual BSD/GPL"],
    ["GPL", "GPL"],
    ["", ""],
  ])("the license %j is %j", (text, license) => {
    const b = new ElfBuilder();
    b.data("license", text);
    expect(openObject(b.build()).license).toBe(license);
  });

  it("a kernel version is four bytes", () => {
    const version = (data: Uint8Array): Uint8Array => {
      const b = new ElfBuilder(false);
      b.data("version", data);
      return b.build();
    };
    expect(openObject(version(Uint8Array.from([0, 6, 1, 2]))).kernelVersion).toBe(0x060102);
    expect(thrownBy(() => openObject(version(new Uint8Array(8)), { what: "x.o" }))).toMatchObject({
      code: "bad-object",
      message: 'x.o: the section "version" is 8 bytes long, a kernel version has 4',
    });
  });

  it("BTF has the byte order of the file", () => {
    const b = new ElfBuilder();
    b.data(".BTF", new BtfBuilder({ littleEndian: false }).build());
    expect(thrownBy(() => openObject(b.build(), { what: "x.o" }))).toMatchObject({
      code: "bad-btf",
      message: "x.o, section .BTF: its byte order is not the one of the ELF file",
    });
  });

  it("sections of data may be larger than any map, but are refused then", () => {
    const b = new ElfBuilder();
    b.bss(".bss", 2 ** 40);
    expect(thrownBy(() => openObject(b.build(), { what: "x.o" }))).toMatchObject({
      code: "bad-object",
      message: "x.o, section .bss: 1099511627776 bytes are more than a map can hold (2147483647)",
    });
  });
});

describe("a program that is wrong", () => {
  const program = (
    build: (b: ElfBuilder, section: number) => void,
    insns: readonly bigint[] = [EXIT, EXIT],
  ): Uint8Array => {
    const b = new ElfBuilder();
    build(b, b.code("xdp", insns));
    return b.build();
  };
  const at =
    (value: number, size: number, more: object = {}) =>
    (b: ElfBuilder, section: number) => {
      b.symbol({ name: "p", section, type: FUNC, value, size, ...more });
    };

  it.each<[string, Uint8Array, string]>([
    [
      "that begins in an instruction",
      program(at(4, 8)),
      "x.o: the function p in section xdp does not begin and end at whole instructions",
    ],
    [
      "that ends in an instruction",
      program(at(0, 12)),
      "x.o: the function p in section xdp does not begin and end at whole instructions",
    ],
    ["that is empty", program(at(8, 0)), "x.o: the function p in section xdp is empty"],
    ["that is cut off", program(at(8, 16)), "x.o: the function p in section xdp ends after its section (16 bytes)"],
    ["that is static", program(at(0, 8, { binding: 0 })), "x.o: the program p in section xdp is static"],
    [
      "that begins inside another one",
      program((b, section) => {
        b.symbol({ name: "q", section, type: FUNC, value: 8, size: 8 });
        at(0, 16)(b, section);
      }),
      "x.o: the function q in section xdp begins inside another one",
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(thrownBy(() => openObject(bytes, { what: "x.o" }))).toMatchObject({ code: "bad-object", message });
  });

  it("says what to do about one that is static", () => {
    expect(thrownBy(() => openObject(program(at(0, 8, { binding: 0 })))).hints).toEqual([
      "A program must be a global function: remove `static`.",
    ]);
  });

  it("in a section that nobody knows is read: it may never be loaded", () => {
    const b = new ElfBuilder();
    const section = b.code("my/own", [EXIT]);
    b.symbol({ name: "p", section, type: FUNC, size: 8 });
    expect(openObject(b.build()).programs).toMatchObject([{ name: "p", def: undefined, autoload: true }]);
  });

  it("has half an instruction", () => {
    const b = new ElfBuilder();
    b.section({ name: "xdp", flags: 4, data: new Uint8Array(12) });
    expect(thrownBy(() => openObject(b.build(), { what: "x.o" })).message).toBe(
      "x.o, section xdp: the code is 12 bytes long, not a multiple of 8",
    );
  });
});

describe("relocations", () => {
  /** A program of five instructions, and a relocation of the first one against a symbol that `target` makes. */
  const against = (
    first: readonly bigint[],
    target: (b: ElfBuilder, text: number) => number,
    offset = 0,
    length = 40,
  ): Uint8Array => {
    const b = new ElfBuilder();
    const text = b.code(".text", [EXIT, EXIT]);
    const section = b.code("xdp", [...first, EXIT, EXIT, EXIT, EXIT].slice(0, 5));
    b.symbol({ name: "p", section, type: FUNC, size: length });
    b.relocations(section, [[offset, target(b, text)]]);
    return b.build();
  };
  const inText =
    (value: number, type: number, binding = 1) =>
    (b: ElfBuilder, text: number) =>
      b.symbol({ name: type === 3 ? "" : "g", section: text, type, binding, value, size: 8 });
  const inData = (value: number) => (b: ElfBuilder) =>
    b.symbol({ name: "v", section: b.data(".data", new Uint8Array(16)), type: OBJECT, value, size: 4 });

  it.each<[string, Uint8Array, object]>([
    ["a call of a global function", against([CALL_FUNCTION], inText(8, FUNC)), { kind: "call", offset: 8 }],
    ["a call of a static function", against([CALL_FUNCTION], inText(0, 3, 0)), { kind: "call", offset: 0 }],
    ["the address of a function", against(load(), inText(8, FUNC)), { kind: "function", offset: 8 }],
    ["the address of a static function", against(load(8), inText(0, 3, 0)), { kind: "function", offset: 0 }],
    ["a variable", against(load(), inData(12)), { kind: "data", map: 0, offset: 12 }],
  ])("are resolved: %s", (_, bytes, target) => {
    expect(openObject(bytes).programs[0]?.relocations).toEqual([{ insn: 0, target }]);
  });

  const where = (offset: number, name: string): string =>
    `x.o, section xdp: the relocation at byte ${offset} against ${name}`;
  it.each<[string, Uint8Array, string]>([
    [
      "of an exit",
      against([EXIT], inText(0, FUNC)),
      `${where(0, '"g"')} is on an instruction with code 0x95, which refers to nothing`,
    ],
    [
      "inside an instruction",
      against([CALL_FUNCTION], inText(0, FUNC), 4),
      `${where(4, '"g"')} is inside an instruction`,
    ],
    [
      "past the section",
      against([CALL_FUNCTION], inText(0, FUNC), 40),
      `${where(40, '"g"')} is outside of the section`,
    ],
    [
      "of a call of a helper",
      against([CALL_HELPER], inText(0, FUNC)),
      `${where(0, '"g"')} is on a call of a helper, which needs none`,
    ],
    [
      "of a call of data",
      against([CALL_FUNCTION], inData(0)),
      `${where(0, '"v"')} is a call of a function outside of .text`,
    ],
    [
      "of a call of half an instruction",
      against([CALL_FUNCTION], inText(4, 0)),
      `${where(0, '"g"')} is a call into the middle of an instruction`,
    ],
    [
      "of the address of half an instruction",
      against(load(4), inText(0, 3, 0)),
      `${where(0, '".text"')} is against the middle of an instruction`,
    ],
    [
      "of code that is no function",
      against(load(), inText(0, OBJECT)),
      `${where(0, '"g"')} is against something that is no map, no global data and no function`,
    ],
    [
      "of what nobody has declared",
      against([CALL_FUNCTION], (b) => b.symbol({ name: "nobody", section: 0 })),
      `${where(0, '"nobody"')} is against an extern that is neither __kconfig nor __ksym`,
    ],
    [
      "of what has no name",
      against(load(), (b) => b.symbol({ name: "", section: 0xfff1, type: OBJECT })),
      `${where(0, "an unnamed symbol")} is against something that is no map, no global data and no function`,
    ],
  ])("are refused: %s", (_, bytes, message) => {
    expect(thrownBy(() => openObject(bytes, { what: "x.o" }))).toMatchObject({ code: "bad-object", message });
  });

  it("outside of every function are left alone: the static linker keeps those of weak functions that it took out", () => {
    const bytes = against([EXIT], (b) => b.symbol({ name: "gone", section: 0 }), 32, 32);
    expect(openObject(bytes).programs).toMatchObject([{ name: "p", relocations: [] }]);
  });
});

describe("externs", () => {
  const build = (declare: (b: BtfBuilder) => void, binding: number): Uint8Array => {
    const btf = new BtfBuilder();
    declare(btf);
    const b = new ElfBuilder();
    const section = b.code("xdp", [...load(), EXIT]);
    b.symbol({ name: "p", section, type: FUNC, size: 24 });
    b.relocations(section, [[0, b.symbol({ name: "needed", section: 0, binding })]]);
    b.data(".BTF", btf.build());
    return b.build();
  };
  const declared = (section: string, linkage: number) => (b: BtfBuilder) => {
    const variable = b.add({ kind: "var", name: "needed", sizeOrType: b.int("int", 4), words: [linkage] });
    b.add({ kind: "datasec", name: section, vlen: 1, words: [variable, 0, 4] });
  };

  it.each([
    [".kconfig", 1, { kind: "kconfig", weak: false }],
    [".kconfig", 2, { kind: "kconfig", weak: true }],
    [".ksyms", 1, { kind: "ksym", weak: false }],
    [".ksyms", 2, { kind: "ksym", weak: true }],
  ])("of %s with binding %i", (section, binding, extern) => {
    const object = openObject(build(declared(section, 2), binding));
    const type = { typeId: 2, declares: "variable", declaredTypeId: 1 };
    expect(object.externs).toEqual([{ name: "needed", ...type, ...extern }]);
    const target = section === ".ksyms" ? { kind: "extern", extern: 0 } : { kind: "data", map: 0, offset: 0 };
    expect(object.programs[0]?.relocations).toEqual([{ insn: 0, target }]);
  });

  it("that nobody has declared are refused", () => {
    expect(
      thrownBy(() =>
        openObject(
          build((b) => b.int("int", 4), 1),
          { what: "x.o" },
        ),
      ),
    ).toMatchObject({
      code: "bad-object",
      message: 'x.o: "needed" is used, but neither defined nor declared as __kconfig or __ksym',
      hints: ["Is a source file missing from the link, or __ksym from the declaration?"],
    });
  });
});

describe("BTF that the compiler left open", () => {
  const build = (options: { symbol?: object; section?: string; size?: number } = {}): Uint8Array => {
    const btf = new BtfBuilder();
    const int = btf.int("int", 4);
    const first = btf.add({ kind: "var", name: "first", sizeOrType: int, words: [1] });
    const second = btf.add({ kind: "var", name: "second", sizeOrType: int, words: [1] });
    const proto = btf.add({ kind: "func_proto" });
    btf.add({ kind: "func", name: "hidden_function", sizeOrType: proto, vlen: 1 });
    btf.add({ kind: "func", name: "seen_function", sizeOrType: proto, vlen: 1 });
    btf.add({
      kind: "datasec",
      name: options.section ?? ".data",
      sizeOrType: options.size ?? 0,
      vlen: 2,
      words: [second, 0, 4, first, 0, 4],
    });
    const b = new ElfBuilder();
    const data = b.data(".data", new Uint8Array(16));
    const text = b.code(".text", [EXIT, EXIT]);
    b.symbol({ name: "first", section: data, type: OBJECT, value: 4, size: 4, ...options.symbol });
    b.symbol({ name: "second", section: data, type: OBJECT, value: 12, size: 4 });
    b.symbol({ name: "hidden_function", section: text, type: FUNC, value: 0, size: 8, visibility: 2 });
    b.symbol({ name: "seen_function", section: text, type: FUNC, value: 8, size: 8 });
    b.data(".BTF", btf.build());
    return b.build();
  };

  it("gets sizes and places, and its variables in ascending order", () => {
    const { btf } = openObject(build());
    expect(btf?.type(7)).toEqual({
      kind: "datasec",
      name: ".data",
      size: 16,
      vars: [
        { type: 2, offset: 4, size: 4 },
        { type: 3, offset: 12, size: 4 },
      ],
    });
  });

  it("keeps what a linker has filled in", () => {
    expect(openObject(build({ size: 16 })).btf?.type(7)).toMatchObject({
      size: 16,
      vars: [
        { type: 3, offset: 0 },
        { type: 2, offset: 0 },
      ],
    });
  });

  it.each([1, 2])("says that what is hidden (visibility %i) is static", (visibility) => {
    const { btf } = openObject(build({ symbol: { visibility } }));
    expect([2, 3, 5, 6].map((id) => btf?.type(id))).toMatchObject([
      { name: "first", linkage: "static" },
      { name: "second", linkage: "global" },
      { name: "hidden_function", linkage: "static" },
      { name: "seen_function", linkage: "global" },
    ]);
  });

  it("is not changed where it lies", () => {
    const bytes = build();
    const before = Uint8Array.from(bytes);
    openObject(bytes);
    expect(bytes).toEqual(before);
  });

  it.each<[string, Uint8Array, string]>([
    ["section", build({ section: ".data.gone" }), "section .data.gone"],
    ["variable", build({ symbol: { name: "elsewhere" } }), "variable first"],
  ])("is refused when it tells of a %s that is not there", (_, bytes, what) => {
    expect(thrownBy(() => openObject(bytes, { what: "x.o" }))).toMatchObject({
      code: "bad-btf",
      message: `x.o, section .BTF: it describes the ${what}, but the ELF file has none`,
    });
  });
});
