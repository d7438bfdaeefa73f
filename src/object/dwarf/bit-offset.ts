import {
  DW_AT_bit_offset,
  DW_AT_byte_size,
  DW_AT_data_bit_offset,
  DW_AT_data_member_location,
  DW_OP_plus_uconst,
} from "./constants.ts";
import type { Die } from "./die.ts";

/**
 * Where a member begins, in bits as BTF counts them: on big-endian objects from the most significant bit of the first byte.
 *
 * DWARF 4 has two ways to place a bit-field. `DW_AT_data_bit_offset` counts as BTF does. The older `DW_AT_bit_offset`
 * counts from the most significant bit of the unit that holds the field, on both byte orders (DWARF 3, section 5.6.6);
 * `typeSize` is the size of that unit where it is left out.
 */
export function readBitOffset(
  die: Die,
  bitSize: number,
  littleEndian: boolean,
  typeSize: () => number | undefined,
): number {
  const dataBitOffset = die.number(DW_AT_data_bit_offset);
  const offset = dataBitOffset ?? 8 * byteOffset(die) + oldBitOffset(die, bitSize, littleEndian, typeSize);
  if (!Number.isSafeInteger(offset) || offset < 0 || bitSize < 0 || bitSize > 255) {
    die.fail(`is a member of ${bitSize} bits at bit ${offset}`);
  }
  return offset;
}

function oldBitOffset(die: Die, bitSize: number, littleEndian: boolean, typeSize: () => number | undefined): number {
  const fromTop = die.number(DW_AT_bit_offset);
  if (fromTop === undefined) return 0;
  if (!littleEndian) return fromTop;
  const unit = die.number(DW_AT_byte_size) ?? typeSize() ?? die.fail("is a bit-field of a type without a size");
  return 8 * unit - fromTop - bitSize;
}

/** DWARF 2 writes the offset as a program that adds it to the struct's address. */
function byteOffset(die: Die): number {
  const block = die.block(DW_AT_data_member_location);
  if (block === undefined) return die.number(DW_AT_data_member_location) ?? 0;
  const { info } = die.debug;
  if (block.length < 2 || info.unsigned(block.start, 1) !== DW_OP_plus_uconst)
    die.fail("has an offset that is a program");
  return info.uleb(block.start + 1);
}
