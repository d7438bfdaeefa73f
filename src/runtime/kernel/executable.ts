import { closeSync, existsSync, openSync } from "node:fs";
import { arch } from "node:os";
import { delimiter, join } from "node:path";
import type { ByteReader } from "../../btf/bytes.ts";
import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { ElfFile, type ElfFileSection } from "./elf-file.ts";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SYMBOL_SIZE = 24;
const STT_FUNC = 2;
const STB_WEAK = 2;
/** More than any executable has: a broken file's word must not decide how much is allocated. */
const LARGEST_TABLE = 1 << 28;

/**
 * The path of an executable or shared library that is named as a shell and the dynamic loader would: what has no slash is
 * looked for among libraries if its name has ".so", and in PATH otherwise (libbpf: `resolve_full_path`).
 *
 * Throws a `CoreGenError` with code `bad-input` when there is none.
 */
export function findExecutable(name: string): string {
  if (name.includes("/")) return name;
  const folders = /\.so\b/u.test(name) ? libraryFolders() : (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CoreGenError("bad-input", `looking for ${name}: it is in none of ${folders.join(", ")}`, {
    hints: ["Give its path: /usr/bin/bash, for example."],
  });
}

/** Debian's folders of libraries are named for the machine. */
const machines: ReadonlyMap<string, string> = new Map([
  ["x64", "x86_64-linux-gnu"],
  ["arm64", "aarch64-linux-gnu"],
  ["s390x", "s390x-linux-gnu"],
]);

function libraryFolders(): string[] {
  const machine = machines.get(arch());
  const configured = (process.env["LD_LIBRARY_PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const ofMachine = machine === undefined ? [] : [`/lib/${machine}`, `/usr/lib/${machine}`];
  return [...configured, "/usr/lib64", "/usr/lib", ...ofMachine];
}

/**
 * Where a function begins in an executable or shared library, in bytes from the start of the file: what uprobes are set by
 * (libbpf: `elf_find_func_offset`).
 *
 * Throws a `CoreGenError` with code `bad-input` when the file has no such function, or several.
 */
export function functionOffset(path: string, name: string): number {
  const what = `looking for the function ${name} in ${path}`;
  return withFile(path, what, (file) => {
    const elf = new ElfFile(file, path, "bad-input");
    for (const type of [SHT_DYNSYM, SHT_SYMTAB]) {
      const found = functionsOf(elf, type).filter((symbol) => symbol.name() === name);
      const [best, other] = preferStrong(found);
      if (best === undefined) continue;
      if (other !== undefined && other.value !== best.value)
        throw new CoreGenError("bad-input", `${what}: there are several, which differ`);
      return fileOffset(elf.sections, best);
    }
    throw unknownFunction(elf, name, what);
  });
}

function withFile<T>(path: string, what: string, use: (file: number) => T): T {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoreGenError("bad-input", `${what}: ${reason}`, { cause });
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** A function in a symbol table; its name is decoded only when it is asked for. */
interface FunctionSymbol {
  readonly name: () => string;
  readonly weak: boolean;
  readonly section: number;
  readonly value: number;
}

function functionsOf(elf: ElfFile, type: number): FunctionSymbol[] {
  const table = elf.sections.find((section) => section.type === type);
  const names = table && elf.sections[table.link];
  if (table === undefined || names === undefined) return [];
  return readFunctions(elf.read(table, LARGEST_TABLE), elf.read(names, LARGEST_TABLE));
}

function readFunctions(table: ByteReader, names: ByteReader): FunctionSymbol[] {
  const functions: FunctionSymbol[] = [];
  for (let at = 0; at + SYMBOL_SIZE <= table.length; at += SYMBOL_SIZE) {
    const info = table.u8(at + 4);
    const section = table.u16(at + 6);
    // Those without a section are somewhere else.
    if ((info & 15) !== STT_FUNC || section === 0) continue;
    const nameOffset = table.u32(at);
    const value = table.offset64(at + 8);
    functions.push({ name: () => names.cString(nameOffset), weak: info >> 4 === STB_WEAK, section, value });
  }
  return functions;
}

function preferStrong(symbols: readonly FunctionSymbol[]): readonly FunctionSymbol[] {
  const strong = symbols.filter(({ weak }) => !weak);
  return strong.length > 0 ? strong : symbols;
}

function fileOffset(sections: readonly ElfFileSection[], { section, value }: FunctionSymbol): number {
  const { address = 0, offset = 0 } = sections[section] ?? {};
  return value - address + offset;
}

function unknownFunction(elf: ElfFile, name: string, what: string): CoreGenError {
  const names = new Set(
    [SHT_DYNSYM, SHT_SYMTAB].flatMap((type) => functionsOf(elf, type).map((symbol) => symbol.name())),
  );
  const near = nearNames(name, [...names]);
  return new CoreGenError("bad-input", `${what}: it has none of that name`, {
    hints: [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      ...(names.size === 0 ? ["It has no names of functions at all: it was stripped."] : []),
    ],
  });
}
