import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import {
  parseElf,
  SHT_NOBITS,
  SHT_PROGBITS,
  STB_LOCAL,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
} from "../../src/object/elf/elf.ts";
import { openObject } from "../../src/object/open.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const execsnoop = readFileSync(join(import.meta.dirname, "../../examples/execsnoop/execsnoop.bpf.o"));

function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("a %s file", (_, littleEndian) => {
  const b = new ElfBuilder(littleEndian);
  const text = b.code(".text", [0x95n, 0x95n]);
  const bss = b.bss(".bss", 24);
  const section = b.symbol({ name: "", section: text, type: STT_SECTION, binding: STB_LOCAL });
  b.symbol({ name: "f", section: text, type: STT_FUNC, value: 8, size: 8 });
  b.symbol({ name: "v", section: bss, type: STT_OBJECT, value: 4, size: 4, visibility: 2 });
  b.relocations(text, [
    [0, section],
    [8, 3],
  ]);
  b.data(".text", "the second of this name");
  const elf = parseElf(b.build(), "x.o");

  it("has its sections read", () => {
    expect(elf.littleEndian).toBe(littleEndian);
    expect(elf.sections.map(({ name }) => name)).toEqual([
      "",
      ".text",
      ".bss",
      ".rel.text",
      ".text",
      ".symtab",
      ".strtab",
      ".shstrtab",
    ]);
    expect(elf.section(".text")).toMatchObject({
      index: text,
      type: SHT_PROGBITS,
      flags: 6,
      size: 16,
      data: { length: 16 },
    });
    expect(elf.section(".bss")).toMatchObject({
      index: bss,
      type: SHT_NOBITS,
      flags: 3,
      size: 24,
      data: { length: 0 },
    });
    expect(elf.section(".data")).toBeUndefined();
  });

  it("has its symbols read; those of sections are called as the section", () => {
    expect(elf.symbols).toMatchObject([
      { name: "" },
      { name: ".text", type: STT_SECTION, binding: STB_LOCAL, section: text, hidden: false },
      { name: "f", type: STT_FUNC, binding: 1, section: text, value: 8, size: 8, hidden: false },
      { name: "v", type: STT_OBJECT, section: bss, value: 4, size: 4, hidden: true },
    ]);
  });

  it("has the relocations of a section", () => {
    expect(elf.relocations(text)).toEqual([
      { offset: 0, type: 1, symbol: elf.symbols[1] },
      { offset: 8, type: 1, symbol: elf.symbols[3] },
    ]);
    expect(elf.relocations(bss)).toEqual([]);
  });

  it("has readers that name the section in their errors", () => {
    const reader = elf.reader(elf.section(".text")!);
    expect(reader.littleEndian).toBe(littleEndian);
    expect(thrownBy(() => reader.u32(16))).toMatchObject({
      code: "bad-elf",
      message: "x.o, section .text: 4 bytes are needed at offset 16, but there are only 16 bytes",
    });
  });
});

describe("what is no compiled BPF object is refused", () => {
  const good = new ElfBuilder().build();
  const overlapping = new ElfBuilder();
  overlapping.data(".data", new Uint8Array(600));
  const longSection = new ElfBuilder();
  longSection.data(`.${"x".repeat(5000)}`, "");
  const endless = new ElfBuilder();
  endless.symbol({ name: "x".repeat(5000), section: 0 });
  const table = Number(new DataView(good.buffer).getBigUint64(40, true));
  const lonely = new ElfBuilder();
  lonely.relocations(lonely.code(".text", [0x95n]), [[0, 7]]);

  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(), "x.o: the file is empty"],
    ["a C source", new TextEncoder().encode("int main(void) { return 0; }".repeat(9)), "x.o: this is not an ELF file"],
    ["two bytes", good.subarray(0, 2), "x.o: this is not an ELF file"],
    ["half a header", good.subarray(0, 63), "x.o: the ELF header is cut off: 63 of 64 bytes are there"],
    ["a 32-bit file", patched(good, 4, 1), "x.o: this is a 32-bit ELF file, BPF objects are 64-bit"],
    ["another byte order", patched(good, 5, 3), "x.o: the ELF header has the unknown byte order 3"],
    ["an x86-64 file", patched(good, 18, 62, 0), "x.o: this ELF file is for x86-64, not for BPF"],
    ["an arm64 file", patched(good, 18, 183, 0), "x.o: this ELF file is for arm64, not for BPF"],
    ["a file for who knows", patched(good, 18, 1, 1), "x.o: this ELF file is for machine 257, not for BPF"],
    [
      "an executable",
      patched(good, 16, 2, 0),
      "x.o: this ELF file has type 2, a compiled BPF object is relocatable (type 1)",
    ],
    ["odd section headers", patched(good, 58, 40, 0), "x.o: section headers are 40 bytes long, not 64"],
    ["no sections", patched(good, 60, 0, 0), "x.o: the file has no sections"],
    [
      "no section names",
      patched(good, 62, 9, 0),
      "x.o: the section names are in section 9, but there are only 4 sections",
    ],
    ["no symbols", new ElfBuilder().build({ symbols: false }), "x.o: it has no symbols"],
    [
      "a table that is cut off",
      good.subarray(0, good.length - 1),
      `x.o: the file is cut off: its section table ends at byte ${good.length}, but there are only ${good.length - 1} bytes`,
    ],
    [
      "a table that no file has",
      patched(good, 40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      "x.o: the 64-bit offset at 40 is 18446744073709551615",
    ],
    [
      "contents that are cut off",
      patched(good, table + 64 + 32, 0, 0, 1),
      `x.o: the file is cut off: its section 1 ends at byte 65600, but there are only ${good.length} bytes`,
    ],
    [
      "symbol names elsewhere",
      patched(good, table + 64 + 40, 99),
      "x.o: the symbol names are in section 99, but there are only 4 sections",
    ],
    [
      "a name past the names",
      patched(good, table + 64, 99),
      "x.o, section names: 1 bytes are needed at offset 99, but there are only 27 bytes",
    ],
    [
      "a relocation against nothing",
      lonely.build(),
      "x.o, section .rel.text: relocation 0 is against symbol 7, but there are only 1",
    ],
    [
      "a section's name that no compiler writes",
      longSection.build(),
      "x.o, section names: the name at 1 is 5001 bytes long, more than any compiler writes (4096)",
    ],
    [
      "a name that no compiler writes",
      endless.build(),
      "x.o, symbol names: the name at 1 is 5000 bytes long, more than any compiler writes (4096)",
    ],
  ])("%s", (_, bytes, message) => {
    const error = thrownBy(() => openObject(bytes, { what: "x.o" }));
    expect(error).toMatchObject({ code: "bad-elf", message });
  });

  it("sections that share their bytes", () => {
    const bytes = overlapping.build();
    const view = new DataView(bytes.buffer);
    const headers = Number(view.getBigUint64(40, true));
    // The symbol table, too, is where the data is, and as large.
    view.setBigUint64(headers + 2 * 64 + 24, view.getBigUint64(headers + 64 + 24, true), true);
    view.setBigUint64(headers + 2 * 64 + 32, 600n, true);
    expect(thrownBy(() => parseElf(bytes, "x.o")).message).toBe(
      "x.o: its sections overlap: together they are larger than the file",
    );
  });

  it("says what was expected instead", () => {
    expect(thrownBy(() => parseElf(new Uint8Array(70))).hints).toEqual([
      "Expected: a relocatable BPF object, as `clang -g -O2 --target=bpf -c prog.bpf.c -o prog.bpf.o` writes it.",
    ]);
    expect(thrownBy(() => parseElf(readFileSync(process.execPath).subarray(0, 4096))).message).toMatch(/not for BPF$/u);
  });
});

describe("a file that is cut off", () => {
  const places = Array.from({ length: 50 }, (_, index) => Math.floor((index * execsnoop.length) / 50));

  it.each(places)("after %i bytes is refused with one clear message", (length) => {
    const error = thrownBy(() => openObject(execsnoop.subarray(0, length), { what: "cut.bpf.o" }));
    expect(error.code).toBe("bad-elf");
    expect(error.message).toMatch(
      /^cut\.bpf\.o: the file is (empty|cut off: its section table ends at byte \d+, but.*)$/u,
    );
  });

  it("is whole at its full length only", () => {
    expect(openObject(execsnoop).programs).toHaveLength(1);
    expect(thrownBy(() => openObject(execsnoop.subarray(0, -1))).code).toBe("bad-elf");
  });
});
