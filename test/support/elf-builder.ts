import { ByteWriter } from "../../src/btf/bytes.ts";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  SHT_SYMTAB,
} from "../../src/object/elf/elf.ts";

/** One section to write. */
export interface RawSection {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly data?: Uint8Array;
  /** Of a section without contents. */
  readonly size?: number;
  readonly link?: number;
  readonly info?: number;
}

/** One symbol to write; `section` is an index that {@link ElfBuilder.section} gave, or `SHN_*`. */
export interface RawSymbol {
  readonly name: string;
  readonly section: number;
  readonly type?: number;
  readonly binding?: number;
  readonly visibility?: number;
  readonly value?: number;
  readonly size?: number;
}

const SHT_STRTAB = 3;
const GLOBAL = 1;
const entrySizes = new Map([
  [SHT_SYMTAB, 24n],
  [SHT_REL, 16n],
]);

/** Writes relocatable ELF64 files of machine BPF by hand, for tests: nothing is checked. */
export class ElfBuilder {
  readonly littleEndian: boolean;
  readonly #sections: RawSection[] = [{ name: "", type: 0 }];
  readonly #symbols: RawSymbol[] = [{ name: "", section: 0, binding: 0 }];

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  /** Appends a section and returns its index. */
  section(section: RawSection): number {
    return this.#sections.push(section) - 1;
  }

  /** A section of code. Instructions are given as numbers: code in the lowest byte, then dst, src, off, imm. */
  code(name: string, insns: readonly bigint[]): number {
    const out = new ByteWriter(this.littleEndian);
    for (const insn of insns) {
      const registers = Number((insn >> 8n) & 0xffn);
      out.u8(Number(insn & 0xffn));
      out.u8(this.littleEndian ? registers : (registers >> 4) | ((registers & 15) << 4));
      out.u16(Number((insn >> 16n) & 0xffffn));
      out.u32(Number(insn >> 32n));
    }
    return this.section({ name, flags: SHF_ALLOC | SHF_EXECINSTR, data: out.finish() });
  }

  /** A section of initialised data. */
  data(name: string, data: Uint8Array | string): number {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return this.section({ name, flags: SHF_ALLOC | SHF_WRITE, data: bytes });
  }

  bss(name: string, size: number): number {
    return this.section({ name, type: SHT_NOBITS, flags: SHF_ALLOC | SHF_WRITE, size });
  }

  /** Appends a symbol and returns its index. */
  symbol(symbol: RawSymbol): number {
    return this.#symbols.push(symbol) - 1;
  }

  /** Relocations of a section: byte offset and symbol of each. */
  relocations(section: number, relocations: readonly (readonly [offset: number, symbol: number])[]): number {
    const out = new ByteWriter(this.littleEndian);
    for (const [offset, symbol] of relocations) {
      out.u64(BigInt(offset));
      out.u64((BigInt(symbol) << 32n) | 1n);
    }
    return this.section({
      name: `.rel${this.#sections[section]!.name}`,
      type: SHT_REL,
      info: section,
      data: out.finish(),
    });
  }

  /** The bytes; without `symbols` the file has no symbol table. */
  build(options: { readonly symbols?: boolean } = {}): Uint8Array {
    const sections = [...this.#sections];
    if (options.symbols !== false) {
      const names = new Names();
      const table = new ByteWriter(this.littleEndian);
      for (const symbol of this.#symbols) writeSymbol(table, names, symbol);
      sections.push({ name: ".symtab", type: SHT_SYMTAB, link: sections.length + 1, data: table.finish() });
      sections.push({ name: ".strtab", type: SHT_STRTAB, data: names.finish() });
    }
    return this.#write([...sections, { name: ".shstrtab", type: SHT_STRTAB }]);
  }

  #write(sections: readonly RawSection[]): Uint8Array {
    const names = new Names();
    const nameOffsets = sections.map(({ name }) => names.add(name));
    const contents = sections.map(({ data }, index) => (index === sections.length - 1 ? names.finish() : data));
    const out = new ByteWriter(this.littleEndian);
    out.append(new Uint8Array(64));
    const offsets = contents.map((data) => {
      out.align(8);
      const at = out.length;
      out.append(data ?? new Uint8Array());
      return at;
    });
    out.align(8);
    const table = out.length;
    for (const [index, section] of sections.entries()) {
      const size = contents[index]?.length ?? section.size ?? 0;
      out.u32(nameOffsets[index]!);
      out.u32(section.type ?? SHT_PROGBITS);
      out.u64(BigInt(section.flags ?? 0));
      out.u64(0n);
      out.u64(BigInt(offsets[index]!));
      out.u64(BigInt(size));
      out.u32(section.link ?? 0);
      out.u32(section.info ?? 0);
      out.u64(1n);
      out.u64(entrySizes.get(section.type ?? SHT_PROGBITS) ?? 0n);
    }
    const bytes = out.finish();
    bytes.set(this.#header(table, sections.length));
    return bytes;
  }

  #header(table: number, count: number): Uint8Array {
    const out = new ByteWriter(this.littleEndian);
    out.append(Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, this.littleEndian ? 1 : 2, 1, 0]));
    out.u64(0n);
    out.u16(1); // ET_REL
    out.u16(247); // EM_BPF
    out.u32(1);
    out.u64(0n);
    out.u64(0n);
    out.u64(BigInt(table));
    out.u32(0);
    for (const half of [64, 0, 0, 64, count, count - 1]) out.u16(half);
    return out.finish();
  }
}

function writeSymbol(out: ByteWriter, names: Names, symbol: RawSymbol): void {
  out.u32(names.add(symbol.name));
  out.u8(((symbol.binding ?? GLOBAL) << 4) | (symbol.type ?? 0));
  out.u8(symbol.visibility ?? 0);
  out.u16(symbol.section);
  out.u64(BigInt(symbol.value ?? 0));
  out.u64(BigInt(symbol.size ?? 0));
}

/** A table of names, NUL after each. */
class Names {
  #text = "\0";

  add(name: string): number {
    if (name === "") return 0;
    const at = this.#text.length;
    this.#text += `${name}\0`;
    return at;
  }

  finish(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
