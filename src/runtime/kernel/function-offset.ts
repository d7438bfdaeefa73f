import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import type { ElfFile } from "./elf-file.ts";
import { withExecutable, type Executable } from "./executable.ts";
import { functionsOf, type FunctionSymbol, type SymbolTable } from "./executable-symbols.ts";
import { matchesGlob } from "./glob.ts";

/**
 * Where a function begins in an executable or shared library, in bytes from the start of the file: what uprobes are set by.
 * "memcpy@GLIBC_2.2.5" is one version of it (libbpf: `elf_find_func_offset`).
 *
 * Throws a `CoreGenError` with code `bad-input` when the file has no such function, or several.
 */
export function functionOffset(path: string, name: string): number {
  const doing = `looking for the function ${name} in ${path}`;
  return withExecutable(path, doing, (executable) => offsetIn(executable, name, doing));
}

/** The same for several functions (libbpf: `elf_resolve_syms_offsets`). */
export function functionOffsets(path: string, names: readonly string[]): number[] {
  const doing = `looking for the functions ${names.join(", ")} in ${path}`;
  return withExecutable(path, doing, (executable) =>
    names.map((name) => offsetIn(executable, name, `looking for the function ${name} in ${path}`)),
  );
}

/**
 * Where the functions begin whose names match a pattern of `*` and `?`, in .symtab or else in .dynsym (libbpf:
 * `elf_resolve_pattern_offsets`); each place once. Throws a `CoreGenError` with code `bad-input` when there are none.
 */
export function matchingOffsets(path: string, pattern: string): number[] {
  const doing = `looking for functions like ${pattern} in ${path}`;
  return withExecutable(path, doing, ({ elf, start }) => {
    for (const table of ["symtab", "dynsym"] as const) {
      const found = functionsOf(elf, table).filter((symbol) => matchesGlob(symbol.name(), pattern));
      if (found.length > 0) return [...new Set(found.map(({ offset }) => offset + start))];
    }
    throw new CoreGenError("bad-input", `${doing}: it has none`, { hints: hintsAbout(elf, pattern) });
  });
}

function offsetIn({ elf, start }: Executable, name: string, doing: string): number {
  // A stripped file only has .dynsym, a static one only .symtab.
  for (const table of ["dynsym", "symtab"] as const) {
    const found = functionsOf(elf, table).filter((symbol) => isNamed(symbol, name, table));
    const [best, ...others] = preferStrong(found);
    if (best === undefined) continue;
    if (others.some(({ offset }) => offset !== best.offset)) throw ambiguous([best, ...others], name, doing);
    return best.offset + start;
  }
  throw new CoreGenError("bad-input", `${doing}: it has none of that name`, { hints: hintsAbout(elf, name) });
}

/** libbpf: `symbol_match`. */
function isNamed(symbol: FunctionSymbol, wanted: string, table: SymbolTable): boolean {
  const name = symbol.name();
  const [base, version] = splitVersion(wanted);
  if (splitVersion(name)[0] !== base) return false;
  if (version === undefined) return true;
  return table === "dynsym" ? symbol.version()?.name === version : name === wanted;
}

function splitVersion(name: string): readonly [base: string, version: string | undefined] {
  const at = name.indexOf("@");
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at).replace(/^@@?/u, "")];
}

function preferStrong(symbols: readonly FunctionSymbol[]): readonly FunctionSymbol[] {
  const strong = symbols.filter(({ weak }) => !weak);
  return strong.length > 0 ? strong : symbols;
}

function ambiguous(symbols: readonly FunctionSymbol[], name: string, doing: string): CoreGenError {
  const versions = symbols.flatMap((symbol) => {
    const version = symbol.version();
    return version === undefined ? [] : [`${name}${version.isDefault ? "@@" : "@"}${version.name}`];
  });
  const places = symbols.map(({ offset }) => `0x${offset.toString(16)}`);
  return new CoreGenError("bad-input", `${doing}: there are several, which differ`, {
    hints:
      versions.length > 0
        ? [`Say which version: ${versions.join(", ")}.`]
        : [`Say where it is in the file, instead of its name: ${places.join(", ")}.`],
  });
}

function hintsAbout(elf: ElfFile, name: string): string[] {
  const symbols = [...functionsOf(elf, "dynsym"), ...functionsOf(elf, "symtab")];
  const names = new Set(symbols.map((symbol) => symbol.name()));
  const near = nearNames(splitVersion(name)[0].replaceAll(/[*?]/gu, ""), names);
  return [
    ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
    ...(names.size === 0 ? ["It has no names of functions at all: it was stripped."] : []),
  ];
}
