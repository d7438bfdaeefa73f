import type { ByteReader } from "../../btf/bytes.ts";
import type { ElfFile } from "./elf-file.ts";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_GNU_VERDEF = 0x6fff_fffd;
const SHT_GNU_VERSYM = 0x6fff_ffff;
const SYMBOL_SIZE = 24;
const STT_FUNC = 2;
const STB_WEAK = 2;
const VERSYM_HIDDEN = 0x8000;
/** More than any executable has: a broken file's word must not decide how much is allocated. */
const LARGEST_TABLE = 1 << 28;

/** The two tables of an executable: what is for the dynamic loader, and what is for debuggers and may be stripped. */
export type SymbolTable = "dynsym" | "symtab";

/** A function in a symbol table; its name is decoded only when it is asked for. */
export interface FunctionSymbol {
  /** As the table has it: "memcpy", in .symtab also "memcpy@@GLIBC_2.14". */
  readonly name: () => string;
  /** Of a library's function in .dynsym: "GLIBC_2.14", and whether that is what programs are linked to now. */
  readonly version: () => { readonly name: string; readonly isDefault: boolean } | undefined;
  readonly weak: boolean;
  /** In bytes from the start of the file. */
  readonly offset: number;
}

/** The functions that are in the file itself; none where it has no such table. */
export function functionsOf(elf: ElfFile, which: SymbolTable): FunctionSymbol[] {
  const type = which === "dynsym" ? SHT_DYNSYM : SHT_SYMTAB;
  const section = elf.sections.find((one) => one.type === type);
  const namesSection = section && elf.sections[section.link];
  if (section === undefined || namesSection === undefined) return [];
  const table = elf.read(section, LARGEST_TABLE);
  const names = elf.read(namesSection, LARGEST_TABLE);
  const versionOf = which === "dynsym" ? versionReader(elf) : noVersion;
  const functions: FunctionSymbol[] = [];
  for (let at = 0; at + SYMBOL_SIZE <= table.length; at += SYMBOL_SIZE) {
    const info = table.u8(at + 4);
    const home = elf.sections[table.u16(at + 6)];
    // Those of section 0 are in another file.
    if ((info & 15) !== STT_FUNC || home === undefined || table.u16(at + 6) === 0) continue;
    const nameOffset = table.u32(at);
    functions.push({
      name: () => names.cString(nameOffset),
      version: () => versionOf(at / SYMBOL_SIZE),
      weak: info >> 4 === STB_WEAK,
      // libbpf: `elf_sym_offset`.
      offset: table.offset64(at + 8) - home.address + home.offset,
    });
  }
  return functions;
}

function noVersion(): undefined {
  return undefined;
}

/** By index of the symbol in .dynsym: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/symversion.html */
function versionReader(elf: ElfFile): (index: number) => ReturnType<FunctionSymbol["version"]> {
  const section = elf.sections.find(({ type }) => type === SHT_GNU_VERSYM);
  if (section === undefined) return noVersion;
  const table = elf.read(section, LARGEST_TABLE);
  const definitions = versionNames(elf);
  return (index) => {
    if (index * 2 + 2 > table.length) return undefined;
    const version = table.u16(index * 2);
    const name = definitions.get(version & ~VERSYM_HIDDEN);
    return name === undefined ? undefined : { name, isDefault: (version & VERSYM_HIDDEN) === 0 };
  };
}

function versionNames(elf: ElfFile): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const section = elf.sections.find(({ type }) => type === SHT_GNU_VERDEF);
  const namesSection = section && elf.sections[section.link];
  if (section === undefined || namesSection === undefined) return names;
  const table = elf.read(section, LARGEST_TABLE);
  const text: ByteReader = elf.read(namesSection, LARGEST_TABLE);
  // Each says how far the next one is: forward, so this comes to an end.
  for (let at = 0; at + 20 <= table.length;) {
    names.set(table.u16(at + 4), text.cString(table.u32(at + table.u32(at + 12))));
    const next = table.u32(at + 16);
    if (next === 0) break;
    at += next;
  }
  return names;
}
