import {
  DW_AT_high_pc,
  DW_AT_low_pc,
  DW_AT_ranges,
  DW_RLE_base_address,
  DW_RLE_base_addressx,
  DW_RLE_end_of_list,
  DW_RLE_offset_pair,
  DW_RLE_start_end,
  DW_RLE_start_length,
  DW_RLE_startx_endx,
  DW_RLE_startx_length,
} from "./constants.ts";
import { Die } from "./die.ts";
import type { Address } from "./section.ts";

/** Whether the code of a function, block or inlined function contains an address. False for one that has no code. */
export function contains(die: Die, pc: Address): boolean {
  die.debug.spend(1);
  const low = die.address(DW_AT_low_pc);
  if (low !== undefined && die.has(DW_AT_high_pc)) return isBetween(pc, low, highPc(die, low));
  const list = rangeList(die);
  if (list === undefined) return false;
  const base = baseAddress(die);
  return list.rnglists ? rnglistContains(die, list.at, base, pc) : oldListContains(die, list.at, base, pc);
}

/** `high_pc` is an address in DWARF 2 and 3 and a length since. */
function highPc(die: Die, low: Address): number {
  const address = die.address(DW_AT_high_pc);
  return address?.value ?? low.value + (die.number(DW_AT_high_pc) ?? 0);
}

function isBetween(pc: Address, low: Address, end: number): boolean {
  // An address without a relocation is of a linked file, which BPF objects are not, or of no function that was kept.
  return low.section === pc.section && pc.value >= low.value && pc.value < end;
}

function rangeList(die: Die): { rnglists: boolean; at: number } | undefined {
  const index = die.listIndex(DW_AT_ranges);
  if (index !== undefined) return { rnglists: true, at: die.debug.indexedRangeList(die.unit, index) };
  const at = die.sectionOffset(DW_AT_ranges);
  return at === undefined ? undefined : { rnglists: die.unit.version >= 5, at };
}

/** What the offsets in a unit's range lists count from. */
function baseAddress(die: Die): Address {
  return Die.rootOf(die.debug, die.unit).address(DW_AT_low_pc) ?? { section: undefined, value: 0 };
}

/** DWARF 5, section 2.17.3 and 7.25. */
function rnglistContains(die: Die, start: number, unitBase: Address, pc: Address): boolean {
  const list = die.debug.rangeLists;
  const { addressSize } = die.unit;
  let base = unitBase;
  let at = start;
  const uleb = (): number => {
    const value = list.uleb(at);
    at = list.lebEnd(at);
    return value;
  };
  const address = (): Address => {
    const value = list.address(at, addressSize);
    at += addressSize;
    return value;
  };
  const indexed = (): Address => die.debug.indexedAddress(die.unit, uleb());
  for (;;) {
    die.debug.spend(1);
    const kind = list.unsigned(at++, 1);
    let low: Address;
    let end: number;
    switch (kind) {
      case DW_RLE_end_of_list:
        return false;
      case DW_RLE_base_addressx:
        base = indexed();
        continue;
      case DW_RLE_base_address:
        base = address();
        continue;
      case DW_RLE_startx_endx:
        low = indexed();
        end = indexed().value;
        break;
      case DW_RLE_startx_length:
        low = indexed();
        end = low.value + uleb();
        break;
      case DW_RLE_offset_pair:
        low = { section: base.section, value: base.value + uleb() };
        end = base.value + uleb();
        break;
      case DW_RLE_start_end:
        low = address();
        end = address().value;
        break;
      case DW_RLE_start_length:
        low = address();
        end = low.value + uleb();
        break;
      default:
        return list.reader.fail(`the range list at ${start} has an entry of the unknown kind ${kind}`);
    }
    if (isBetween(pc, low, end)) return true;
  }
}

/** `.debug_ranges` (DWARF 4, section 2.17.3): pairs of addresses, relative to a base that all-ones in front of it changes. */
function oldListContains(die: Die, start: number, unitBase: Address, pc: Address): boolean {
  const list = die.debug.oldRanges;
  const { addressSize } = die.unit;
  let base = unitBase;
  for (let at = start; ; at += 2 * addressSize) {
    die.debug.spend(1);
    const end = list.address(at + addressSize, addressSize);
    if (isAllOnes(list.reader.slice(at, addressSize))) {
      base = end;
      continue;
    }
    const low = list.address(at, addressSize);
    if (low.section === undefined && low.value === 0 && end.value === 0) return false;
    // With a relocation it is an address of its own, and the base is zero.
    const relative = low.section === undefined;
    const from = relative ? { section: base.section, value: base.value + low.value } : low;
    if (isBetween(pc, from, relative ? base.value + end.value : end.value)) return true;
  }
}

function isAllOnes(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0xff);
}
