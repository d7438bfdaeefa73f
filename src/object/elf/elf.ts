import { ByteReader, LONGEST_NAME } from "../../btf/bytes.ts";
import { CoreGenError } from "../../errors.ts";

export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_REL = 9;
export const SHT_NOBITS = 8;
export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STB_LOCAL = 0;
export const STB_WEAK = 2;
export const SHN_UNDEF = 0;
const STV_INTERNAL = 1;
const STV_HIDDEN = 2;
const ET_REL = 1;
const EM_BPF = 247;
const ELF_HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;

/** One section of an ELF file. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** `SHF_*`. */
  readonly flags: number;
  /** In bytes; a section without contents (`SHT_NOBITS`, .bss) has a size and empty `data`. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly data: Uint8Array;
}

/** One symbol of an ELF file. */
export interface ElfSymbol {
  readonly index: number;
  /** Its own name; a section symbol has its section's. */
  readonly name: string;
  /** `STT_*`. */
  readonly type: number;
  /** `STB_*`. */
  readonly binding: number;
  /** Whether it is hidden from other objects (`STV_HIDDEN`, `STV_INTERNAL`): libbpf then treats it as static. */
  readonly hidden: boolean;
  /** Index of its section, or `SHN_*`. */
  readonly section: number;
  /** In relocatable files: its offset in the section, in bytes. */
  readonly value: number;
  readonly size: number;
}

/** One relocation: where in the section, and against which symbol. The addend is at the place itself. */
export interface ElfRelocation {
  readonly offset: number;
  /** `R_BPF_*`. */
  readonly type: number;
  readonly symbol: ElfSymbol;
}

/** A relocatable ELF64 file of machine BPF. */
export interface Elf {
  readonly littleEndian: boolean;
  /** What the bytes are called in errors: a path, or "the object". */
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  /** The first section with this name. */
  section(name: string): ElfSection | undefined;
  /** The relocations that apply to the section with this index, in file order. */
  relocations(sectionIndex: number): readonly ElfRelocation[];
  /** A bounds-checked reader over a section's contents that names the section in its errors. */
  reader(section: ElfSection): ByteReader;
}

/**
 * Reads a relocatable ELF64 file of machine BPF, of either byte order.
 *
 * `what` names the bytes in errors. Throws a `CoreGenError` with code `bad-elf` when they are anything else.
 * Format: System V ABI, chapter 4, and https://docs.kernel.org/bpf/standardization/abi.html
 */
export function parseElf(bytes: Uint8Array, what = "the object"): Elf {
  const littleEndian = checkIdentity(bytes, what);
  const file = new ByteReader(bytes, { what, code: "bad-elf", littleEndian });
  checkMachine(file);
  const sections = readSections(file);
  const symbols = readSymbols(file, sections);
  const byName = new Map<string, ElfSection>();
  for (const section of sections) if (!byName.has(section.name)) byName.set(section.name, section);
  const reader = (section: ElfSection): ByteReader =>
    new ByteReader(section.data, { what: `${what}, section ${section.name}`, code: "bad-elf", littleEndian });
  return {
    littleEndian,
    what,
    bytes: file.bytes,
    sections,
    symbols,
    section: (name) => byName.get(name),
    relocations: (target) =>
      sections
        .filter((section) => section.type === SHT_REL && section.info === target)
        .flatMap((section) => readRelocations(reader(section), symbols)),
    reader,
  };
}

function checkIdentity(bytes: Uint8Array, what: string): boolean {
  const bad = (problem: string): never => {
    throw new CoreGenError("bad-elf", `${what}: ${problem}`, {
      hints: [
        "Expected: a relocatable BPF object, as `clang -g -O2 --target=bpf -c prog.bpf.c -o prog.bpf.o` writes it.",
      ],
    });
  };
  if (bytes.length === 0) bad("the file is empty");
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    bad("this is not an ELF file");
  }
  if (bytes.length < ELF_HEADER_SIZE)
    bad(`the ELF header is cut off: ${bytes.length} of ${ELF_HEADER_SIZE} bytes are there`);
  if (bytes[4] !== 2) bad("this is a 32-bit ELF file, BPF objects are 64-bit");
  if (bytes[5] !== 1 && bytes[5] !== 2) bad(`the ELF header has the unknown byte order ${bytes[5]}`);
  return bytes[5] === 1;
}

function checkMachine(file: ByteReader): void {
  const machine = file.u16(18);
  if (machine !== EM_BPF) {
    throw new CoreGenError(
      "bad-elf",
      `${file.source.what}: this ELF file is for ${machineName(machine)}, not for BPF`,
      {
        hints: ["Compile it with `clang -g -O2 --target=bpf -c`."],
      },
    );
  }
  const type = file.u16(16);
  if (type !== ET_REL)
    file.fail(`this ELF file has type ${type}, a compiled BPF object is relocatable (type ${ET_REL})`);
}

function machineName(machine: number): string {
  const names = new Map([
    [3, "x86 (i386)"],
    [22, "s390x"],
    [40, "arm"],
    [62, "x86-64"],
    [183, "arm64"],
    [243, "RISC-V"],
  ]);
  return names.get(machine) ?? `machine ${machine}`;
}

function readSections(file: ByteReader): ElfSection[] {
  const table = file.offset64(40);
  const entrySize = file.u16(58);
  if (entrySize !== SECTION_HEADER_SIZE)
    file.fail(`section headers are ${entrySize} bytes long, not ${SECTION_HEADER_SIZE}`);
  const count = file.u16(60);
  if (count === 0) file.fail("the file has no sections");
  checkPresent(file, "section table", table, count * SECTION_HEADER_SIZE);
  const namesIndex = file.u16(62);
  if (namesIndex >= count)
    file.fail(`the section names are in section ${namesIndex}, but there are only ${count} sections`);
  const contents = Array.from({ length: count }, (_, index) => readSectionHeader(file, table, index));
  // Also keeps the work in proportion to the file: hostile headers may all be for the same bytes.
  const total = contents.reduce((sum, { data }) => sum + data.length, 0);
  if (total > file.length) file.fail("its sections overlap: together they are larger than the file");
  const names = new ByteReader(contents[namesIndex]?.data ?? new Uint8Array(), {
    ...file.source,
    what: `${file.source.what}, section names`,
  });
  return contents.map(({ nameOffset, ...section }) => ({
    ...section,
    name: section.type === SHT_NULL ? "" : names.cString(nameOffset, LONGEST_NAME),
  }));
}

/** Compilers write the section table last, so this is where most cut-off files are found out. */
function checkPresent(file: ByteReader, part: string, start: number, size: number): void {
  if (start + size <= file.length) return;
  file.fail(`the file is cut off: its ${part} ends at byte ${start + size}, but there are only ${file.length} bytes`);
}

function readSectionHeader(
  file: ByteReader,
  table: number,
  index: number,
): Omit<ElfSection, "name"> & { nameOffset: number } {
  const at = table + index * SECTION_HEADER_SIZE;
  const type = file.u32(at + 4);
  const size = file.offset64(at + 32);
  const start = file.offset64(at + 24);
  const hasContents = type !== SHT_NOBITS && type !== SHT_NULL;
  if (hasContents) checkPresent(file, `section ${index}`, start, size);
  return {
    index,
    nameOffset: file.u32(at),
    type,
    flags: file.low32(at + 8),
    size,
    link: file.u32(at + 40),
    info: file.u32(at + 44),
    alignment: file.offset64(at + 48),
    data: hasContents ? file.slice(start, size) : new Uint8Array(),
  };
}

function readSymbols(file: ByteReader, sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find((section) => section.type === SHT_SYMTAB);
  if (table === undefined) {
    throw new CoreGenError("bad-elf", `${file.source.what}: it has no symbols`, {
      hints: ["It may have been stripped: `llvm-strip -g` leaves the symbols, `llvm-strip` alone does not."],
    });
  }
  const what = file.source.what;
  const strings = sections[table.link];
  if (strings === undefined)
    file.fail(`the symbol names are in section ${table.link}, but there are only ${sections.length} sections`);
  const names = new ByteReader(strings.data, { ...file.source, what: `${what}, symbol names` });
  const symbols = new ByteReader(table.data, { ...file.source, what: `${what}, symbol table` });
  return Array.from({ length: Math.floor(table.size / SYMBOL_SIZE) }, (_, index) => {
    const at = index * SYMBOL_SIZE;
    const info = symbols.u8(at + 4);
    const visibility = symbols.u8(at + 5) & 3;
    const section = symbols.u16(at + 6);
    const type = info & 15;
    const nameOffset = symbols.u32(at);
    return {
      index,
      name:
        type === STT_SECTION && nameOffset === 0
          ? (sections[section]?.name ?? "")
          : nameOffset === 0
            ? ""
            : names.cString(nameOffset, LONGEST_NAME),
      type,
      binding: info >> 4,
      hidden: visibility === STV_HIDDEN || visibility === STV_INTERNAL,
      section,
      value: symbols.offset64(at + 8),
      size: symbols.offset64(at + 16),
    };
  });
}

const RELOCATION_SIZE = 16;

function readRelocations(table: ByteReader, symbols: readonly ElfSymbol[]): ElfRelocation[] {
  return Array.from({ length: Math.floor(table.length / RELOCATION_SIZE) }, (_, index) => {
    const at = index * RELOCATION_SIZE;
    // r_info is one 64-bit number: the symbol in its high half, the type in its low half.
    const symbolIndex = table.high32(at + 8);
    const symbol = symbols[symbolIndex];
    if (symbol === undefined)
      table.fail(`relocation ${index} is against symbol ${symbolIndex}, but there are only ${symbols.length}`);
    return { offset: table.offset64(at), type: table.low32(at + 8), symbol };
  });
}
