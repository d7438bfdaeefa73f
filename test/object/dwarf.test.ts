import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { ByteReader } from "../../src/btf/bytes.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { DW_AT_name, DW_TAG_structure_type } from "../../src/object/dwarf/constants.ts";
import { DebugInfo } from "../../src/object/dwarf/debug-info.ts";
import { LayeredTypes } from "../../src/object/dwarf/layered-types.ts";
import { namedRecordTypes } from "../../src/object/dwarf/named.ts";
import { DebugSection } from "../../src/object/dwarf/section.ts";
import { DwarfTypes } from "../../src/object/dwarf/to-btf.ts";
import { parseElf, SHT_PROGBITS, type Elf, type ElfSection } from "../../src/object/elf/elf.ts";

function load(file: string): DebugInfo {
  return opened(parseElf(readFileSync(new URL(`../objects/${file}`, import.meta.url)), file));
}

function opened(elf: Elf): DebugInfo {
  const debug = DebugInfo.open(elf);
  if (debug instanceof DebugInfo) return debug;
  throw new Error(debug.reason);
}

/** Counted by `llvm-dwarfdump-19 records.bpf.o | grep -o "DW_TAG_[a-z_]*" | sort | uniq -c`. */
const dwarfdumpCounts = new Map([
  [0x01, 21], // array_type
  [0x24, 9], // base_type
  [0x48, 3], // call_site
  [0x11, 1], // compile_unit
  [0x26, 2], // const_type
  [0x04, 1], // enumeration_type
  [0x28, 3], // enumerator
  [0x05, 52], // formal_parameter
  [0x1d, 4], // inlined_subroutine
  [0x0b, 2], // lexical_block
  [0x0d, 105], // member
  [0x0f, 34], // pointer_type
  [0x13, 45], // structure_type
  [0x2e, 25], // subprogram
  [0x21, 21], // subrange_type
  [0x15, 10], // subroutine_type
  [0x16, 6], // typedef
  [0x17, 1], // union_type
  [0x18, 1], // unspecified_parameters
  [0x34, 70], // variable
]);

/** By `llvm-dwarfdump-19 records.bpf.o | grep -A1 "DW_TAG_structure_type" | grep DW_AT_name`. */
const dwarfdumpStructs = [
  ...[
    "scratch",
    "global",
    "counted",
    "named_by_value",
    "kernels",
    "inlined",
    "as_large",
    "returned",
    "reserved",
    "on_stack",
  ],
  ...[
    "sampled",
    "exec_event",
    "exit_event",
    "passed_a",
    "passed_b",
    "out_of_scope",
    "in_scope",
    "maybe_this",
    "maybe_that",
    "context",
  ],
];

describe("walking the debug info of clang", () => {
  it("meets each entry that llvm-dwarfdump prints, once", () => {
    const debug = load("records.bpf.o");
    const counts = new Map<number, number>();
    for (const unit of debug.units) {
      const walker = debug.walk(unit);
      while (walker.next()) counts.set(walker.tag, (counts.get(walker.tag) ?? 0) + 1);
    }
    expect(new Map([...counts].sort())).toEqual(new Map([...dwarfdumpCounts].sort()));
  });

  it.each(["records.bpf.o", "records.eb.bpf.o"])("reads names through the table of offsets: %s", (file) => {
    const structs = [...namedRecordTypes(load(file))].filter(({ die }) => die.tag === DW_TAG_structure_type);
    expect(structs.map(({ name }) => name)).toEqual(dwarfdumpStructs);
  });

  it.each(["records.dwarf4.bpf.o", "records.dwarf4.eb.bpf.o", "records.dwarf2.bpf.o"])(
    "reads names by relocated offset: %s",
    (file) => {
      const structs = [...namedRecordTypes(load(file))].filter(({ die }) => die.tag === DW_TAG_structure_type);
      expect(structs.map(({ name }) => name).sort()).toEqual([...dwarfdumpStructs].sort());
    },
  );

  it("has one unit per compiler run", () => {
    const debug = load("two-units.bpf.o");
    expect(debug.units.map((unit) => debug.root(unit).string(DW_AT_name))).toEqual([
      "two-units.bpf.c",
      "two-units.bpf.c",
    ]);
  });
});

/** An object with nothing but the sections given. */
function fakeElf(contents: Record<string, readonly number[]>): Elf {
  const sections: ElfSection[] = Object.entries(contents).map(([name, data], index) => ({
    index,
    name,
    type: SHT_PROGBITS,
    flags: 0,
    size: data.length,
    link: 0,
    info: 0,
    alignment: 1,
    data: Uint8Array.from(data),
  }));
  return {
    littleEndian: true,
    what: "fake.o",
    bytes: new Uint8Array(),
    sections,
    symbols: [],
    section: (name) => sections.find((section) => section.name === name),
    relocations: () => [],
    reader: (section) => new ByteReader(section.data, { what: "fake.o", code: "bad-elf", littleEndian: true }),
  };
}

/** One DWARF 4 unit: entries begin at byte 11. */
function unit(entries: readonly number[], version = 4): number[] {
  return [...u32(7 + entries.length), version, 0, ...u32(0), 8, ...entries];
}

function u32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

/** Abbreviation 1: a unit with children; 2: struct { byte_size: data1 } with children; 3: member { type: ref4 }; 4: typedef { type: ref4 }. */
const abbreviations = [
  ...[1, 0x11, 1, 0, 0],
  ...[2, 0x13, 1, 0x0b, 0x0b, 0, 0],
  ...[3, 0x0d, 0, 0x49, 0x13, 0, 0],
  ...[4, 0x16, 0, 0x49, 0x13, 0, 0],
  0,
];

/** What converting the type at an offset of hand-written debug info ends in. */
function failure(
  entries: readonly number[],
  offset: number,
  options: { version?: number; abbrev?: readonly number[] } = {},
): string {
  try {
    const elf = fakeElf({
      ".debug_info": unit(entries, options.version),
      ".debug_abbrev": options.abbrev ?? abbreviations,
    });
    new DwarfTypes(new LayeredTypes(undefined, true)).idOf(opened(elf).die(offset));
  } catch (error) {
    if (isCoreGenError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

const info = "bad-dwarf: fake.o, section .debug_info";

describe("wrong debug info", () => {
  it.each([
    [
      "a struct in itself",
      [1, 2, 8, 3, ...u32(12), 0, 0],
      12,
      `${info}: the entry at 12 is a type that contains itself`,
    ],
    ["a typedef of itself", [1, 4, ...u32(12), 0], 12, `${info}: the entry at 12 is a type that contains itself`],
    ["an entry outside", [1, 4, ...u32(99), 0], 12, `${info}: a reference is to 99, where no entry is`],
    ["an unknown abbreviation", [1, 77], 12, `${info}: the entry at 12 has the abbreviation 77, which does not exist`],
    [
      "no type at all",
      [1, 3, ...u32(12), 0],
      12,
      `${info}: the entry at 12 has the tag 0xd, which is no type that C has`,
    ],
    [
      "an entry that is cut off",
      [1, 4, 12],
      12,
      `${info}: 4 bytes are needed at offset 13, but there are only 14 bytes`,
    ],
  ])("%s", (_, entries, offset, message) => {
    expect(failure(entries, offset)).toBe(message);
  });

  it("a version that is not known", () => {
    expect(failure([1, 0], 11, { version: 6 })).toBe(`${info}: the unit at 0 is DWARF version 6, known are 2 to 5`);
  });

  it("a form that is not known, and so has no length", () => {
    const abbrev = [1, 0x11, 1, 0, 0, 2, 0x13, 0, 0x03, 0x7e, 0, 0, 0];
    expect(failure([1, 2, 0, 0], 12, { abbrev })).toBe(
      `${info}: the value at 13 has the unknown form 0x7e, which can't be skipped`,
    );
  });

  it("abbreviations without an end", () => {
    expect(failure([1, 0], 11, { abbrev: abbreviations.slice(0, -1) })).toBe(
      "bad-dwarf: fake.o, section .debug_abbrev: 1 bytes are needed at offset 26, but there are only 26 bytes",
    );
  });

  it("structs that hold each other thousands of times over end in an error, and soon", () => {
    // Every byte of a long row of entries is an entry, too: each struct begins one byte further in the same children.
    const children = Array.from({ length: 20_000 }, () => 2);
    const start = performance.now();
    const elf = fakeElf({ ".debug_info": unit([1, ...children]), ".debug_abbrev": abbreviations });
    const types = new DwarfTypes(new LayeredTypes(undefined, true));
    const debug = opened(elf);
    const all = (): void => children.forEach((_, index) => types.idOf(debug.die(12 + index)));
    expect(all).toThrow("the entries refer to each other without end");
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

/** The examples of DWARF 5, tables 7.7 and 7.8 (figures of section 7.6). */
describe("LEB128", () => {
  const section = (bytes: readonly number[]): DebugSection => {
    const elf = fakeElf({ ".debug_info": bytes });
    return new DebugSection(elf, elf.sections[0] ?? expect.fail("no section"));
  };

  it.each([
    [2, [0x02]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [129, [0x81, 0x01]],
    [12857, [0xb9, 0x64]],
  ])("unsigned %s", (value, bytes) => {
    expect(section(bytes).uleb(0)).toBe(value);
    expect(section(bytes).lebEnd(0)).toBe(bytes.length);
  });

  it.each([
    [2n, [0x02]],
    [-2n, [0x7e]],
    [127n, [0xff, 0x00]],
    [-127n, [0x81, 0x7f]],
    [128n, [0x80, 0x01]],
    [-128n, [0x80, 0x7f]],
    [129n, [0x81, 0x01]],
    [-129n, [0xff, 0x7e]],
  ])("signed %s", (value, bytes) => {
    expect(section(bytes).leb(0, true)).toBe(value);
  });

  it("without an end", () => {
    expect(() => section(Array.from({ length: 100 }, () => 0x80)).uleb(0)).toThrow("is longer than 32 bytes");
    expect(() => section([0x80, 0x80]).uleb(0)).toThrow("1 bytes are needed at offset 2");
  });
});
