import { ByteReader } from "../../btf/bytes.ts";
import type { Elf, ElfSection } from "../elf/elf.ts";
import { relocationTables, type Relocation, type RelocationTable } from "./relocation-table.ts";

const SHF_COMPRESSED = 0x800;
const R_BPF_64_ABS64 = 2;
const R_BPF_64_ABS32 = 3;
/** Like ABS32; the name only tells linkers that are not for debug info to keep off. */
const R_BPF_64_NODYLD32 = 4;
/** LEB128 numbers may be padded; one longer than this is no number. */
const MAX_LEB_BYTES = 32;

/** A place in code: the ELF section and the byte in it. Addresses of relocatable files mean nothing without the section. */
export interface Address {
  /** Index of the ELF section; undefined for a plain number, which no relocation is for. */
  readonly section: number | undefined;
  readonly value: number;
}

/**
 * One `.debug_*` section with its relocations applied where it is read.
 *
 * An object of a few hundred lines has tens of thousands of relocations, nearly all of them for names that nobody asks
 * for. So they stay bytes, and one is looked up when the number that it is for is read.
 */
export class DebugSection {
  readonly reader: ByteReader;
  readonly #elf: Elf;
  readonly #index: number;
  #relocations: readonly RelocationTable[] | undefined;

  constructor(elf: Elf, section: ElfSection) {
    const what = `${elf.what}, section ${section.name}`;
    this.reader = new ByteReader(section.data, { what, code: "bad-dwarf", littleEndian: elf.littleEndian });
    this.#elf = elf;
    this.#index = section.index;
  }

  get length(): number {
    return this.reader.length;
  }

  /** An offset of `size` bytes (4 in 32-bit DWARF, 8 in 64-bit DWARF) into another debug section. */
  offset(at: number, size: number): number {
    return this.address(at, size).value;
  }

  /** An address of `size` bytes. */
  address(at: number, size: number): Address {
    const addend = this.unsigned(at, size);
    const relocation = this.#relocationAt(at);
    if (relocation === undefined) return { section: undefined, value: addend };
    const expected = size === 8 ? [R_BPF_64_ABS64] : [R_BPF_64_ABS32, R_BPF_64_NODYLD32];
    if (!expected.includes(relocation.type)) {
      this.reader.fail(
        `the relocation at ${at} has type ${relocation.type}, which is not for ${size} bytes of debug info`,
      );
    }
    const symbol = this.#elf.symbols[relocation.symbol];
    if (symbol === undefined)
      this.reader.fail(`the relocation at ${at} is against symbol ${relocation.symbol}, which does not exist`);
    return { section: symbol.section, value: addend + symbol.value };
  }

  /** A number of 1, 2, 3, 4 or 8 bytes that is no address; one past 2^53 is an error. */
  unsigned(at: number, size: number): number {
    switch (size) {
      case 1:
        return this.reader.u8(at);
      case 2:
        return this.reader.u16(at);
      case 3:
        return this.#u24(at);
      case 4:
        return this.reader.u32(at);
      case 8:
        return this.reader.offset64(at);
      default:
        return this.reader.fail(`a number of ${size} bytes at ${at}`);
    }
  }

  /** Where the LEB128 number at `at` ends. */
  lebEnd(at: number): number {
    let end = at;
    while (this.reader.u8(end++) >= 0x80) {
      if (end - at >= MAX_LEB_BYTES)
        this.reader.fail(`the LEB128 number at ${at} is longer than ${MAX_LEB_BYTES} bytes`);
    }
    return end;
  }

  /** The unsigned LEB128 number at `at`; one past 2^53 is an error. */
  uleb(at: number): number {
    const first = this.reader.u8(at);
    if (first < 0x80) return first;
    const value = this.leb(at, false);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.reader.fail(`the LEB128 number at ${at} is ${value}`);
    return Number(value);
  }

  /** The LEB128 number at `at`. Format: DWARF 5, section 7.6. */
  leb(at: number, signed: boolean): bigint {
    const end = this.lebEnd(at);
    let value = 0n;
    for (let byte = end - 1; byte >= at; byte--) value = (value << 7n) | BigInt(this.reader.u8(byte) & 0x7f);
    return signed ? BigInt.asIntN(7 * (end - at), value) : value;
  }

  #u24(at: number): number {
    const [first, middle, last] = [this.reader.u8(at), this.reader.u8(at + 1), this.reader.u8(at + 2)];
    return this.reader.littleEndian ? first | (middle << 8) | (last << 16) : (first << 16) | (middle << 8) | last;
  }

  #relocationAt(at: number): Relocation | undefined {
    this.#relocations ??= relocationTables(this.#elf, this.#index);
    for (const table of this.#relocations) {
      const found = table.at(at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Opens a debug section by name; undefined when there is none. */
export function openDebugSection(elf: Elf, name: string): DebugSection | "compressed" | undefined {
  const section = elf.section(name);
  if (section === undefined || section.size === 0) return undefined;
  return (section.flags & SHF_COMPRESSED) === 0 ? new DebugSection(elf, section) : "compressed";
}
