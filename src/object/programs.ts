import { CoreGenError } from "../errors.ts";
import {
  SHF_EXECINSTR,
  SHT_PROGBITS,
  STB_LOCAL,
  STT_FUNC,
  type Elf,
  type ElfSection,
  type ElfSymbol,
} from "./elf/elf.ts";
import { decodeInsns, INSN_SIZE, type Insn } from "./insn/insn.ts";
import { TEXT, type BpfFunction, type BpfProgram, type InsnTarget } from "./model.ts";
import { relocationPlaces, resolveRelocations, type Place, type Targets } from "./relocations.ts";
import type { SectionDef } from "./sections.ts";

/** What a section means, without its "?"; undefined for one that means nothing. */
export type FindSection = (section: string) => SectionDef | undefined;

/** Reads all functions of an object, in the order of their sections and places (libbpf: `bpf_object__add_programs`). */
export function readFunctions(
  elf: Elf,
  targets: Targets,
  findSection: FindSection,
): { programs: BpfProgram[]; subprograms: BpfFunction[] } {
  const symbols = functionSymbols(elf);
  const functions = elf.sections
    .filter(({ type, flags, size }) => type === SHT_PROGBITS && (flags & SHF_EXECINSTR) !== 0 && size > 0)
    .flatMap((section) => readSection(elf, section, symbols.get(section.index) ?? [], targets));
  return {
    programs: functions.filter(({ section }) => section !== TEXT).map((code) => asProgram(code, findSection)),
    subprograms: functions.filter(({ section }) => section === TEXT),
  };
}

/** The symbols of functions by section, in ascending order of their places. */
function functionSymbols(elf: Elf): Map<number, ElfSymbol[]> {
  const bySection = new Map<number, ElfSymbol[]>();
  for (const symbol of elf.symbols) {
    if (symbol.type !== STT_FUNC) continue;
    const others = bySection.get(symbol.section);
    if (others === undefined) bySection.set(symbol.section, [symbol]);
    else others.push(symbol);
  }
  for (const symbols of bySection.values()) symbols.sort((a, b) => a.value - b.value);
  return bySection;
}

function readSection(elf: Elf, section: ElfSection, symbols: readonly ElfSymbol[], targets: Targets): BpfFunction[] {
  const insns = decodeInsns(elf.reader(section));
  const places = relocationPlaces(elf, section);
  let free = 0;
  let nextPlace = 0;
  return symbols.map((symbol) => {
    const { first, end } = functionRange(elf, section, symbol);
    if (first < free) throw badFunction(elf, section, symbol, "begins inside another one");
    free = end;
    const code = { first, insns: insns.slice(first, end) };
    const inside: Place[] = [];
    // Functions and places ascend both.
    for (let place = places[nextPlace]; place !== undefined && place.slot < end; place = places[++nextPlace]) {
      if (place.slot >= first) inside.push(place);
    }
    return {
      name: symbol.name,
      section: section.name,
      sectionIndex: section.index,
      sectionInsnOffset: first,
      insns: code.insns,
      relocations: resolveRelocations(elf, inside, code, targets),
      symbol,
    };
  });
}

function functionRange(elf: Elf, section: ElfSection, symbol: ElfSymbol): { first: number; end: number } {
  const { value, size } = symbol;
  if (value % INSN_SIZE !== 0 || size % INSN_SIZE !== 0)
    throw badFunction(elf, section, symbol, "does not begin and end at whole instructions");
  if (size === 0) throw badFunction(elf, section, symbol, "is empty");
  if (value + size > section.size)
    throw badFunction(elf, section, symbol, `ends after its section (${section.size} bytes)`);
  if (section.name !== TEXT && symbol.binding === STB_LOCAL) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}: the program ${symbol.name} in section ${section.name} is static`,
      {
        hints: ["A program must be a global function: remove `static`."],
      },
    );
  }
  return { first: value / INSN_SIZE, end: (value + size) / INSN_SIZE };
}

function badFunction(elf: Elf, section: ElfSection, symbol: ElfSymbol, problem: string): CoreGenError {
  return new CoreGenError(
    "bad-object",
    `${elf.what}: the function ${symbol.name} in section ${section.name} ${problem}`,
  );
}

function asProgram(code: BpfFunction, findSection: FindSection): BpfProgram {
  const optional = code.section.startsWith("?");
  return { ...code, def: findSection(optional ? code.section.slice(1) : code.section), autoload: !optional };
}

/** The subprogram that has an instruction slot of `.text`. */
export function subprogramAt(subprograms: readonly BpfFunction[], slot: number): BpfFunction | undefined {
  return subprograms.find(({ sectionInsnOffset: first, insns }) => slot >= first && slot < first + insns.length);
}

/** The slot of `.text` that a call or address load is of. */
export function textSlot(code: BpfFunction, slot: number, insn: Insn, target: InsnTarget | undefined): number {
  switch (target?.kind) {
    // The immediate of a call counts slots from the next one on: -1 for a global function, which has a symbol of its own.
    case "call":
      return target.offset / INSN_SIZE + insn.imm + 1;
    // The immediate of an address load counts bytes.
    case "function":
      return (target.offset + insn.imm) / INSN_SIZE;
    default:
      return code.sectionInsnOffset + slot + insn.imm + 1;
  }
}
