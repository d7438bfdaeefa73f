import type { Encoding } from "./forms.ts";
import type { DebugSection } from "./section.ts";

const OLDEST_VERSION = 2;
const NEWEST_VERSION = 5;
const DW_UT_type = 2;
const DW_UT_skeleton = 4;
const DW_UT_split_compile = 5;
const DW_UT_split_type = 6;

/** One unit of `.debug_info`: what one compiler run wrote. */
export interface Unit extends Encoding {
  /** Where its header begins; references count from here. */
  readonly start: number;
  readonly firstDie: number;
  readonly end: number;
  /** Where its abbreviations begin in `.debug_abbrev`. */
  readonly abbreviations: number;
}

/** Reads the headers of all units. Format: DWARF 5, section 7.5.1; versions 2 to 4 have no unit type. */
export function readUnits(info: DebugSection): Unit[] {
  const units: Unit[] = [];
  let at = 0;
  while (at < info.length) {
    const unit = readUnit(info, at);
    units.push(unit);
    at = unit.end;
  }
  return units;
}

/** The unit that has a byte of `.debug_info`. */
export function unitAt(units: readonly Unit[], offset: number, info: DebugSection): Unit {
  let low = 0;
  let high = units.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const unit = units[middle];
    if (unit === undefined) break;
    if (offset < unit.firstDie) high = middle - 1;
    else if (offset >= unit.end) low = middle + 1;
    else return unit;
  }
  return info.reader.fail(`a reference is to ${offset}, where no entry is`);
}

function readUnit(info: DebugSection, start: number): Unit {
  const { offsetSize, length, at } = readLength(info, start);
  const end = at + length;
  if (end > info.length)
    info.reader.fail(`the unit at ${start} is ${length} bytes long, but the section ends at ${info.length}`);
  const version = info.unsigned(at, 2);
  if (version < OLDEST_VERSION || version > NEWEST_VERSION) {
    info.reader.fail(
      `the unit at ${start} is DWARF version ${version}, known are ${OLDEST_VERSION} to ${NEWEST_VERSION}`,
    );
  }
  const header = version === 5 ? readHeader5(info, at + 2, offsetSize) : readHeader4(info, at + 2, offsetSize);
  if (header.firstDie > end) info.reader.fail(`the unit at ${start} is cut off in its header`);
  if (header.addressSize !== 8 && header.addressSize !== 4) {
    info.reader.fail(`the unit at ${start} has addresses of ${header.addressSize} bytes, BPF has 8`);
  }
  return { start, end, version, offsetSize, ...header };
}

function readLength(info: DebugSection, start: number): { offsetSize: number; length: number; at: number } {
  const length = info.unsigned(start, 4);
  if (length === 0xffff_ffff) return { offsetSize: 8, length: info.unsigned(start + 4, 8), at: start + 12 };
  if (length >= 0xffff_fff0) info.reader.fail(`the unit at ${start} has the reserved length ${length}`);
  return { offsetSize: 4, length, at: start + 4 };
}

interface Header {
  readonly abbreviations: number;
  readonly addressSize: number;
  readonly firstDie: number;
}

function readHeader4(info: DebugSection, at: number, offsetSize: number): Header {
  const addressSize = info.unsigned(at + offsetSize, 1);
  return { abbreviations: info.offset(at, offsetSize), addressSize, firstDie: at + offsetSize + 1 };
}

function readHeader5(info: DebugSection, at: number, offsetSize: number): Header {
  const unitType = info.unsigned(at, 1);
  const addressSize = info.unsigned(at + 1, 1);
  return {
    abbreviations: info.offset(at + 2, offsetSize),
    addressSize,
    firstDie: at + 2 + offsetSize + extraBytes(unitType, offsetSize),
  };
}

/** What stands between the header and the first DIE: the id of a split unit, or a type's signature and place. */
function extraBytes(unitType: number, offsetSize: number): number {
  switch (unitType) {
    case DW_UT_skeleton:
    case DW_UT_split_compile:
      return 8;
    case DW_UT_type:
    case DW_UT_split_type:
      return 8 + offsetSize;
    default:
      return 0;
  }
}
