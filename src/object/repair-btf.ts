import { Btf } from "../btf/btf.ts";
import { encodeLike } from "../btf/encode.ts";
import { TYPE_SIZE } from "../btf/index/offsets.ts";
import { ownTypes } from "../btf/opaque.ts";
import type { DataSecType, VarSecinfo } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { SHN_UNDEF, STB_LOCAL, STT_FUNC, STT_OBJECT, type Elf, type ElfSymbol } from "./elf/elf.ts";
import { KSYMS } from "./externs.ts";
import { KCONFIG, layoutKconfig } from "./kconfig-layout.ts";
import { repairKsyms, standInFor } from "./repair-ksyms.ts";

const VAR_SECINFO_SIZE = 12;

const GLOBAL_LINKAGE = 1;

/** The BTF of an object as the compiler wrote it; undefined when it has none. */
export function readObjectBtf(elf: Elf): Btf | undefined {
  const section = elf.section(".BTF");
  if (section === undefined) return undefined;
  const btf = Btf.parse(section.data, { what: `${elf.what}, section .BTF` });
  if (btf.littleEndian !== elf.littleEndian) {
    throw new CoreGenError("bad-btf", `${btf.what}: its byte order is not the one of the ELF file`);
  }
  return btf;
}

/**
 * The BTF of an object, with what compilers leave open filled in from the ELF symbols.
 *
 * clang writes DATASECs with size 0 and offset 0 for global variables, and says "global" of functions and variables
 * that are hidden (libbpf: `btf_fixup_datasec`, `mark_btf_static`). The object's bytes are not changed.
 */
export function repairBtf(elf: Elf, written: Btf): Btf {
  const standIn = standInFor(written);
  const bytes = standIn === undefined ? written.bytes.slice() : encodeLike(written, [...ownTypes(written), standIn]);
  const btf = Btf.parse(bytes, { what: written.what });
  const repair: Repair = { elf, btf, view: new DataView(bytes.buffer), symbols: namedSymbols(elf) };
  for (const id of btf.ownOfKind("datasec")) repairDatasec(repair, id);
  for (const id of btf.ownOfKind("func")) repairLinkage(repair, id);
  // Parsed again, because the first one has decoded types that have changed since.
  return Btf.parse(bytes, { what: btf.what });
}

interface Repair {
  readonly elf: Elf;
  readonly btf: Btf;
  readonly view: DataView;
  readonly symbols: ReadonlyMap<string, ElfSymbol>;
}

function namedSymbols(elf: Elf): Map<string, ElfSymbol> {
  const symbols = elf.symbols.filter(
    ({ name, type, binding, section }) =>
      name !== "" && binding !== STB_LOCAL && section !== SHN_UNDEF && (type === STT_OBJECT || type === STT_FUNC),
  );
  return new Map(symbols.map((symbol) => [symbol.name, symbol]));
}

function repairDatasec(repair: Repair, id: number): void {
  const { elf, btf, view } = repair;
  const type = btf.type(id);
  if (type.kind !== "datasec") return;
  const at = btf.offsetOf(id);
  if (type.name === KSYMS) {
    repairKsyms(btf, view, type, at);
    return;
  }
  if (type.name === KCONFIG) {
    repairKconfig(repair, type, at);
    return;
  }
  const section = elf.section(type.name);
  const filledIn = type.size !== 0;
  if (!filledIn) {
    if (section === undefined || section.size === 0) throw missing(repair, `section ${type.name}`);
    view.setUint32(at + 8, section.size, elf.littleEndian);
  }
  const vars = type.vars.map((v) => ({ ...v, offset: variableOffset(repair, v.type, v.offset, filledIn) }));
  writeSorted(repair, at, vars);
}

/** Externs that the loader fills in become variables, in a section that only exists in the kernel. */
function repairKconfig(repair: Repair, section: DataSecType, at: number): void {
  const { elf, btf, view } = repair;
  const { size, offsets } = layoutKconfig(btf, section);
  view.setUint32(at + 8, size, elf.littleEndian);
  for (const { type } of section.vars) view.setUint32(btf.offsetOf(type) + TYPE_SIZE, GLOBAL_LINKAGE, elf.littleEndian);
  writeSorted(
    repair,
    at,
    section.vars.map((v) => ({ ...v, offset: offsets.get(v.type) ?? 0 })),
  );
}

/** The kernel wants variables in ascending order of their offsets. */
function writeSorted({ view, elf }: Repair, at: number, vars: readonly VarSecinfo[]): void {
  const sorted = [...vars].sort((a, b) => a.offset - b.offset);
  sorted.forEach((v, index) => {
    const entry = at + TYPE_SIZE + index * VAR_SECINFO_SIZE;
    view.setUint32(entry, v.type, elf.littleEndian);
    view.setUint32(entry + 4, v.offset, elf.littleEndian);
    view.setUint32(entry + 8, v.size, elf.littleEndian);
  });
}

function variableOffset(repair: Repair, varId: number, offset: number, filledIn: boolean): number {
  const variable = repair.btf.type(varId);
  // A static variable has no symbol of its own name to rely on; the compiler has filled in its offset.
  if (variable.kind !== "var" || variable.linkage !== "global") return offset;
  const symbol = repair.symbols.get(variable.name);
  if (symbol === undefined) throw missing(repair, `variable ${variable.name}`);
  if (symbol.hidden) repair.view.setUint32(repair.btf.offsetOf(varId) + TYPE_SIZE, 0, repair.elf.littleEndian);
  return filledIn ? offset : symbol.value;
}

function repairLinkage(repair: Repair, id: number): void {
  const { btf, view, elf } = repair;
  const func = btf.type(id);
  if (func.kind !== "func" || func.linkage !== "global") return;
  if (repair.symbols.get(func.name)?.hidden !== true) return;
  const at = btf.offsetOf(id) + 4;
  // The linkage of a function is in the vlen of its info; static is 0.
  view.setUint32(at, view.getUint32(at, elf.littleEndian) & 0xff00_0000, elf.littleEndian);
}

function missing(repair: Repair, what: string): CoreGenError {
  return new CoreGenError("bad-btf", `${repair.btf.what}: it describes the ${what}, but the ELF file has none`);
}
