import type { AbbreviationTable } from "./abbrev.ts";
import type { Address, DebugSection } from "./section.ts";
import type { Unit } from "./unit.ts";

/** What reading an entry of `.debug_info` takes of the rest of the object. */
export interface DebugSource {
  readonly info: DebugSection;
  readonly units: readonly Unit[];
  /** `.debug_rnglists`. */
  readonly rangeLists: DebugSection;
  /** `.debug_ranges`, the range lists of DWARF 2 to 4. */
  readonly oldRanges: DebugSection;
  abbreviations(unit: Unit): AbbreviationTable;
  /** Text at an offset of one of the sections of strings. */
  string(section: ".debug_str" | ".debug_line_str", offset: number): string;
  /** Text by its number in the unit's part of `.debug_str_offsets`. */
  indexedString(unit: Unit, index: number): string;
  /** An address by its number in the unit's part of `.debug_addr`. */
  indexedAddress(unit: Unit, index: number): Address;
  /** Where a range list lies in `.debug_rnglists`, by its number in the unit's part of it. */
  indexedRangeList(unit: Unit, index: number): number;
  /** Counts work, so that hostile debug info, where every entry refers to every other, ends in an error and not never. */
  spend(steps: number): void;
}
