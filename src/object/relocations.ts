import { CoreGenError } from "../errors.ts";
import {
  SHN_UNDEF,
  STB_LOCAL,
  STT_FUNC,
  STT_SECTION,
  type Elf,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
} from "./elf/elf.ts";
import type { ExternSymbol } from "./externs.ts";
import { BPF_PSEUDO_CALL, CALL, INSN_SIZE, LD_IMM64, type Insn } from "./insn/insn.ts";
import type { MapPlace } from "./maps.ts";
import { JUMP_TABLES, TEXT, type InsnRelocation, type InsnTarget } from "./model.ts";

/** What relocations can be against. */
export interface Targets {
  readonly maps: readonly MapPlace[];
  readonly externs: readonly ExternSymbol[];
}

/** The relocations of a code section in the order of their instructions, not yet resolved. */
export function relocationPlaces(elf: Elf, section: ElfSection): Place[] {
  return elf
    .relocations(section.index)
    .map((relocation) => new Place(elf, section, relocation))
    .sort((a, b) => a.slot - b.slot);
}

/**
 * Says of the relocations of one function what they are against (libbpf: `bpf_program__record_reloc`).
 *
 * Relocations outside of functions are left alone: the static linker keeps those of weak functions that it took out.
 */
export function resolveRelocations(elf: Elf, places: readonly Place[], code: Code, targets: Targets): InsnRelocation[] {
  const text = elf.section(TEXT)?.index ?? -1;
  const jumpTables = elf.section(JUMP_TABLES)?.index ?? -1;
  return places.map((place) => {
    const insn = code.insns[place.slot - code.first];
    if (insn === undefined) throw place.error("is outside of its function");
    return { insn: place.slot - code.first, target: targetOf(place, insn, { text, jumpTables }, targets) };
  });
}

/** The instructions of one function; the first one is slot `first` of the section. */
export interface Code {
  readonly first: number;
  readonly insns: readonly Insn[];
}

/** One relocation with what its errors name. */
export class Place {
  readonly symbol: ElfSymbol;
  /** The instruction, in slots from the section's start. */
  readonly slot: number;
  readonly #elf: Elf;
  readonly #section: ElfSection;
  readonly #offset: number;

  constructor(elf: Elf, section: ElfSection, { symbol, offset }: ElfRelocation) {
    this.symbol = symbol;
    this.slot = offset / INSN_SIZE;
    this.#elf = elf;
    this.#section = section;
    this.#offset = offset;
    if (!Number.isInteger(this.slot)) throw this.error("is inside an instruction");
    if (offset >= section.size) throw this.error("is outside of the section");
  }

  error(problem: string): CoreGenError {
    const name = this.symbol.name === "" ? "an unnamed symbol" : `"${this.symbol.name}"`;
    const where = `${this.#elf.what}, section ${this.#section.name}`;
    return new CoreGenError(
      "bad-object",
      `${where}: the relocation at byte ${this.#offset} against ${name} ${problem}`,
    );
  }
}

/** Sections that relocations can be against, by their index; -1 for one that the object doesn't have. */
interface Sections {
  readonly text: number;
  readonly jumpTables: number;
}

function targetOf(place: Place, insn: Insn, sections: Sections, { maps, externs }: Targets): InsnTarget {
  const { text, jumpTables } = sections;
  const { symbol } = place;
  if (insn.code !== CALL && insn.code !== LD_IMM64) {
    throw place.error(`is on an instruction with code 0x${insn.code.toString(16)}, which refers to nothing`);
  }
  if (symbol.section === SHN_UNDEF && symbol.binding !== STB_LOCAL) return externTarget(place, { maps, externs });
  if (insn.code === CALL) return callTarget(place, insn, text);
  if (isCode(symbol, text)) {
    if (symbol.value % INSN_SIZE !== 0 || insn.imm % INSN_SIZE !== 0)
      throw place.error("is against the middle of an instruction");
    return { kind: "function", offset: symbol.value };
  }
  if (symbol.section === jumpTables) return { kind: "jump-table", offset: symbol.value, size: symbol.size };
  return mapTarget(place, maps);
}

function externTarget(place: Place, { maps, externs }: Targets): InsnTarget {
  const index = externs.findIndex(({ symbol }) => symbol.index === place.symbol.index);
  const extern = externs[index]?.extern;
  if (extern === undefined) throw place.error("is against an extern that is neither __kconfig nor __ksym");
  if (extern.kind === "ksym") return { kind: "extern", extern: index };
  const map = maps.findIndex((m) => m.map.data?.kind === "kconfig");
  const variable = maps[map]?.map.data?.variables.find(({ name }) => name === extern.name);
  if (variable === undefined) throw place.error("is against a __kconfig variable that BTF does not know");
  return { kind: "data", map, offset: variable.offset };
}

function callTarget(place: Place, insn: Insn, text: number): InsnTarget {
  if (insn.src !== BPF_PSEUDO_CALL) throw place.error("is on a call of a helper, which needs none");
  if (place.symbol.section !== text) throw place.error("is a call of a function outside of .text");
  if (place.symbol.value % INSN_SIZE !== 0) throw place.error("is a call into the middle of an instruction");
  return { kind: "call", offset: place.symbol.value };
}

/** Whether the symbol stands for code in `.text`: a function, or the section for static ones (libbpf: `sym_is_subprog`). */
function isCode(symbol: ElfSymbol, text: number): boolean {
  if (symbol.section !== text) return false;
  if (symbol.binding === STB_LOCAL) return symbol.type === STT_SECTION;
  return symbol.type === STT_FUNC;
}

function mapTarget(place: Place, maps: readonly MapPlace[]): InsnTarget {
  const { symbol } = place;
  const arena = maps.findIndex((m) => m.arenaSection === symbol.section);
  if (arena >= 0) return { kind: "data", map: arena, offset: symbol.value };
  const data = maps.findIndex((m) => m.section === symbol.section && m.map.data !== undefined);
  if (data >= 0) return { kind: "data", map: data, offset: symbol.value };
  const map = maps.findIndex((m) => m.section === symbol.section && m.offset === symbol.value);
  if (map < 0) throw place.error("is against something that is no map, no global data and no function");
  return { kind: "map", map };
}
