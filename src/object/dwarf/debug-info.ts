import type { Elf } from "../elf/elf.ts";
import { readAbbreviations, type AbbreviationTable } from "./abbrev.ts";
import {
  DW_AT_addr_base,
  DW_AT_dwo_name,
  DW_AT_GNU_dwo_name,
  DW_AT_rnglists_base,
  DW_AT_str_offsets_base,
} from "./constants.ts";
import { Die } from "./die.ts";
import { DieWalker } from "./walker.ts";
import { DebugSection, openDebugSection, type Address } from "./section.ts";
import type { DebugSource } from "./source.ts";
import { readUnits, type Unit } from "./unit.ts";

/** Reading honest debug info takes less than twice this many steps per byte, see {@link DebugInfo.spend}. */
const STEPS_PER_BYTE = 64;
const FREE_STEPS = 100_000;

/** Why an object's debug info can't be read. */
export interface NoDebugInfo {
  readonly reason: string;
}

/**
 * The debug info of an object: DWARF 2 to 5, as much as finding the types of local variables takes.
 *
 * Nothing is decoded before it is asked for. Every failure is a `CoreGenError` with code `bad-dwarf` that names the
 * section and the byte. Format: https://dwarfstd.org/dwarf5std.html
 */
export class DebugInfo implements DebugSource {
  readonly info: DebugSection;
  readonly units: readonly Unit[];
  readonly #elf: Elf;
  readonly #abbrev: DebugSection;
  readonly #tables = new Map<Unit, AbbreviationTable>();
  readonly #sections = new Map<string, ReturnType<typeof openDebugSection>>();
  #stepsLeft: number;

  /** Opens an object's debug info, or says why there is none to read. */
  static open(elf: Elf): DebugInfo | NoDebugInfo {
    const info = openDebugSection(elf, ".debug_info");
    const abbrev = openDebugSection(elf, ".debug_abbrev");
    if (info === "compressed" || abbrev === "compressed") return { reason: "its debug info is compressed (clang -gz)" };
    if (info === undefined || abbrev === undefined) return { reason: "the object has no debug info (DWARF)" };
    const debug = new DebugInfo(elf, info, abbrev);
    return debug.#isElsewhere() ? { reason: "its debug info is in another file (clang -gsplit-dwarf)" } : debug;
  }

  private constructor(elf: Elf, info: DebugSection, abbrev: DebugSection) {
    this.#elf = elf;
    this.info = info;
    this.#abbrev = abbrev;
    this.#stepsLeft = STEPS_PER_BYTE * (info.length + abbrev.length) + FREE_STEPS;
    this.units = readUnits(info);
  }

  /** The DIE at an offset of `.debug_info`. */
  die(offset: number): Die {
    return Die.at(this, offset);
  }

  /** The first DIE of a unit. */
  root(unit: Unit): Die {
    return Die.rootOf(this, unit);
  }

  /** Visits all DIEs of a unit; those at depth 1 are its types, functions and global variables. */
  walk(unit: Unit): DieWalker {
    return new DieWalker(this, unit, unit.firstDie, 0);
  }

  abbreviations(unit: Unit): AbbreviationTable {
    let table = this.#tables.get(unit);
    if (table === undefined) {
      table = readAbbreviations(this.#abbrev, unit.abbreviations, unit, (steps) => this.spend(steps));
      this.#tables.set(unit, table);
    }
    return table;
  }

  /** Text at an offset of `.debug_str` or `.debug_line_str`. */
  string(section: ".debug_str" | ".debug_line_str", offset: number): string {
    return this.#section(section).reader.cString(offset);
  }

  /** Text by its number in the unit's part of `.debug_str_offsets` (DWARF 5, section 7.26). */
  indexedString(unit: Unit, index: number): string {
    const at = this.#base(unit, DW_AT_str_offsets_base) + index * unit.offsetSize;
    return this.string(".debug_str", this.#section(".debug_str_offsets").offset(at, unit.offsetSize));
  }

  /** An address by its number in the unit's part of `.debug_addr` (DWARF 5, section 7.27). */
  indexedAddress(unit: Unit, index: number): Address {
    const at = this.#base(unit, DW_AT_addr_base) + index * unit.addressSize;
    return this.#section(".debug_addr").address(at, unit.addressSize);
  }

  /** Where a range list lies in `.debug_rnglists`, by its number in the unit's part of it (DWARF 5, section 7.28). */
  indexedRangeList(unit: Unit, index: number): number {
    const base = this.#base(unit, DW_AT_rnglists_base);
    return base + this.rangeLists.unsigned(base + index * unit.offsetSize, unit.offsetSize);
  }

  get rangeLists(): DebugSection {
    return this.#section(".debug_rnglists");
  }

  /** The range lists of DWARF 2 to 4. */
  get oldRanges(): DebugSection {
    return this.#section(".debug_ranges");
  }

  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) this.info.reader.fail("the entries refer to each other without end");
  }

  #base(unit: Unit, attribute: number): number {
    // Without the attribute it is the first part of the section, behind a header of two offsets' size.
    return this.root(unit).sectionOffset(attribute) ?? 2 * unit.offsetSize;
  }

  #section(name: string): DebugSection {
    if (!this.#sections.has(name)) this.#sections.set(name, openDebugSection(this.#elf, name));
    const section = this.#sections.get(name);
    if (section instanceof DebugSection) return section;
    return this.info.reader.fail(`it refers to the section ${name}, which is ${section ?? "missing"}`);
  }

  /** Whether all units are the skeletons that `-gsplit-dwarf` leaves in the object. */
  #isElsewhere(): boolean {
    return this.units.every((unit) => {
      const root = this.root(unit);
      return root.has(DW_AT_dwo_name) || root.has(DW_AT_GNU_dwo_name);
    });
  }
}
