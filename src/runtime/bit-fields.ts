import { checkBigInt, checkInteger } from "./value-checks.ts";

/**
 * Where a bit-field is: `offset` bits from byte `at`, counted as BTF counts.
 *
 * On little-endian machines bit 0 is the least significant bit of byte 0, on big-endian ones the most significant.
 */
export interface BitPlace {
  readonly at: number;
  readonly offset: number;
  readonly size: number;
  readonly littleEndian: boolean;
}

/** The unsigned value of a bit-field of at most 32 bits. */
export function readBits(bytes: Uint8Array, at: number, offset: number, size: number, littleEndian: boolean): number {
  const first = at + (offset >> 3);
  const last = at + ((offset + size - 1) >> 3);
  // 32 bits touch at most 5 bytes: 40 bits, exact in a number. Bit operators would cut them to 32.
  let window = 0;
  if (littleEndian) for (let i = last; i >= first; i--) window = window * 256 + byteAt(bytes, i);
  else for (let i = first; i <= last; i++) window = window * 256 + byteAt(bytes, i);
  const below = littleEndian ? offset & 7 : 8 * (last - first + 1) - (offset & 7) - size;
  return Math.floor(window / 2 ** below) % 2 ** size;
}

/** The unsigned value of a bit-field of at most 128 bits. */
export function readBigBits(bytes: Uint8Array, place: BitPlace): bigint {
  const { first, last, below } = spanOf(place);
  return BigInt.asUintN(place.size, readWindow(bytes, first, last, place.littleEndian) >> BigInt(below));
}

/** Stores `value` into a bit-field and leaves the bits around it alone. */
export function writeBits(bytes: Uint8Array, place: BitPlace, value: bigint): void {
  const { first, last, below } = spanOf(place);
  const mask = BigInt.asUintN(place.size, -1n) << BigInt(below);
  const around = readWindow(bytes, first, last, place.littleEndian) & ~mask;
  const field = BigInt.asUintN(place.size, value) << BigInt(below);
  writeWindow(bytes, first, last, place.littleEndian, around | field);
}

/** `value` as a bigint, when it fits a bit-field of `size` bits. */
export function bitFieldValue(value: number | bigint, size: number, signed: boolean): bigint {
  const [min, max] = signed
    ? [-(1n << BigInt(size - 1)), (1n << BigInt(size - 1)) - 1n]
    : [0n, (1n << BigInt(size)) - 1n];
  const type = `${signed ? "signed" : "unsigned"} bit-field of ${size} bits`;
  if (typeof value === "bigint") {
    checkBigInt(value, min, max, type);
    return value;
  }
  checkInteger(
    value,
    Math.max(Number(min), Number.MIN_SAFE_INTEGER),
    Math.min(Number(max), Number.MAX_SAFE_INTEGER),
    type,
  );
  return BigInt(value);
}

/** The bytes that a bit-field touches, and how many bits lie below it when they are read as one integer. */
function spanOf({ at, offset, size, littleEndian }: BitPlace): { first: number; last: number; below: number } {
  const first = at + (offset >> 3);
  const last = at + ((offset + size - 1) >> 3);
  const below = littleEndian ? offset & 7 : 8 * (last - first + 1) - (offset & 7) - size;
  return { first, last, below };
}

function readWindow(bytes: Uint8Array, first: number, last: number, littleEndian: boolean): bigint {
  let window = 0n;
  if (littleEndian) for (let i = last; i >= first; i--) window = (window << 8n) | BigInt(byteAt(bytes, i));
  else for (let i = first; i <= last; i++) window = (window << 8n) | BigInt(byteAt(bytes, i));
  return window;
}

function writeWindow(bytes: Uint8Array, first: number, last: number, littleEndian: boolean, window: bigint): void {
  for (let i = first; i <= last; i++) {
    const shift = 8 * (littleEndian ? i - first : last - i);
    bytes[i] = Number((window >> BigInt(shift)) & 0xffn);
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError(`bit-field at byte ${at} of ${bytes.length}`);
  return byte;
}
