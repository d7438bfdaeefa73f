import { formatMac, ipv4Bytes, ipv6Bytes, macBytes } from "./address-text.ts";
import { bitFieldValue, readBigBits, readBits, writeBits } from "./bit-fields.ts";
import { KernelTime } from "./kernel-time.ts";
import { formatAddress } from "./maps/ip-address.ts";
import { readLongText, readShortText, shortTextSize, type SliceDecoder } from "./text-reader.ts";
import { writeUnion, type UnionWriters } from "./union-writer.ts";
import { checkArray, checkBigInt, checkBoolean, checkCount, checkFloat, checkInteger, show } from "./value-checks.ts";

/** Whether this machine is little-endian, as the kernel's memory is. */
export const hostIsLittleEndian: boolean = /* @__PURE__ */ isLittleEndian();

/**
 * Typed access to a stretch of memory that holds C values: what generated readers and writers work on.
 *
 * Offsets are bytes from the start; a read or write outside the stretch throws a RangeError and touches nothing.
 * Values are copied out, so nothing that was read refers to the memory afterwards. Writers check that the value fits
 * the C type: a RangeError, or a TypeError for another type of value, names the value and the C type.
 */
export class Memory {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Where the value being read or written ends: flexible arrays reach up to here. The end of the memory at first. */
  end: number;
  readonly #view: DataView;
  #keepsPadding = false;
  #bigEndian: Memory | undefined;
  readonly #decoder: SliceDecoder;

  constructor(bytes: Uint8Array, littleEndian: boolean = hostIsLittleEndian) {
    // A Buffer is a Uint8Array whose slice() does not copy: look at it as what it claims to be.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = littleEndian;
    this.end = bytes.byteLength;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // @types/node does not list these two methods of Buffer.
    this.#decoder = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as unknown as SliceDecoder;
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  i8(at: number): number {
    return this.#view.getInt8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.littleEndian);
  }

  i16(at: number): number {
    return this.#view.getInt16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.littleEndian);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, this.littleEndian);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, this.littleEndian);
  }

  i64(at: number): bigint {
    return this.#view.getBigInt64(at, this.littleEndian);
  }

  u128(at: number): bigint {
    return (this.u64(this.littleEndian ? at + 8 : at) << 64n) | this.u64(this.littleEndian ? at : at + 8);
  }

  i128(at: number): bigint {
    return BigInt.asIntN(128, this.u128(at));
  }

  f32(at: number): number {
    return this.#view.getFloat32(at, this.littleEndian);
  }

  f64(at: number): number {
    return this.#view.getFloat64(at, this.littleEndian);
  }

  /** Whether the byte is not 0: any value of a `bool` reads as C reads it. */
  bool(at: number): boolean {
    return this.#view.getUint8(at) !== 0;
  }

  /** The UTF-8 text of a `char[size]`, up to the first NUL or the end; bytes that are not UTF-8 become U+FFFD. */
  text(at: number, size: number): string {
    if (size <= shortTextSize) return readShortText(this.#view, this.#decoder, at, size);
    this.#check(at, size);
    return readLongText(this.#view, this.#decoder, at, size);
  }

  /** A copy of `size` bytes. */
  slice(at: number, size: number): Uint8Array {
    this.#check(at, size);
    return this.bytes.slice(at, at + size);
  }

  /** The `count` elements of an array, `stride` bytes apart. */
  list<T>(at: number, count: number, stride: number, read: (from: Memory, at: number) => T): T[] {
    const values: T[] = [];
    for (let i = 0; i < count; i++) values.push(read(this, at + i * stride));
    return values;
  }

  /** An unsigned bit-field of at most 53 bits: `offset` is BTF's bit offset from the struct at `at`. */
  bits(at: number, offset: number, size: number): number {
    if (size > 32) return Number(this.bigBits(at, offset, size));
    return readBits(this.bytes, at, offset, size, this.littleEndian);
  }

  /** A signed bit-field of at most 53 bits. */
  signedBits(at: number, offset: number, size: number): number {
    const value = this.bits(at, offset, size);
    return value >= 2 ** (size - 1) ? value - 2 ** size : value;
  }

  /** An unsigned bit-field of any size up to 128 bits. */
  bigBits(at: number, offset: number, size: number): bigint {
    return readBigBits(this.bytes, { at, offset, size, littleEndian: this.littleEndian });
  }

  /** A signed bit-field of any size up to 128 bits. */
  signedBigBits(at: number, offset: number, size: number): bigint {
    return BigInt.asIntN(size, this.bigBits(at, offset, size));
  }

  /** The elements of a flexible array: as many as fit between `at` and {@link Memory.end}. */
  rest<T>(at: number, stride: number, read: (from: Memory, at: number) => T): T[] {
    const count = stride > 0 ? Math.floor(this.#restSize(at) / stride) : 0;
    return this.list(at, count, stride, read);
  }

  /** The text of a flexible `char[]`. */
  restText(at: number): string {
    return this.text(at, this.#restSize(at));
  }

  /** A copy of the bytes from `at` to {@link Memory.end}. */
  restBytes(at: number): Uint8Array {
    return this.slice(at, this.#restSize(at));
  }

  /** This memory with the other reading of numbers: in network byte order, whatever the machine's is. */
  get bigEndian(): Memory {
    return this.littleEndian ? (this.#bigEndian ??= new Memory(this.bytes, false)) : this;
  }

  /** A u64 as a number: exact up to 2 to the 53rd, rounded above. */
  u64Number(at: number): number {
    const first = this.u32(at);
    const second = this.u32(at + 4);
    return this.littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
  }

  /** An s64 as a number: exact up to 2 to the 53rd, rounded beyond. */
  i64Number(at: number): number {
    return Number(this.i64(at));
  }

  /** An IPv4 address, 4 bytes in network byte order, as text: "10.0.0.1". */
  ipv4(at: number): string {
    return formatAddress(this.slice(at, 4));
  }

  /** An IPv6 address, 16 bytes in network byte order, as text in its canonical form (RFC 5952): "fe80::1". */
  ipv6(at: number): string {
    return formatAddress(this.slice(at, 16));
  }

  /** The 6 bytes of a MAC address as text: "02:42:ac:11:00:02". */
  mac(at: number): string {
    return formatMac(this.slice(at, 6));
  }

  /** A u64 of `bpf_ktime_get_ns()`. */
  ktime(at: number): KernelTime {
    return new KernelTime(this.u64(at));
  }

  /** Zeros `size` bytes, before a struct's members are stored: what is zero afterwards is its padding. */
  clear(at: number, size: number): void {
    this.#check(at, size);
    if (!this.#keepsPadding) this.bytes.fill(0, at, at + size);
  }

  setU8(at: number, value: number): void {
    checkInteger(value, 0, 0xff, "u8");
    this.#view.setUint8(at, value);
  }

  setI8(at: number, value: number): void {
    checkInteger(value, -0x80, 0x7f, "i8");
    this.#view.setInt8(at, value);
  }

  setU16(at: number, value: number): void {
    checkInteger(value, 0, 0xffff, "u16");
    this.#view.setUint16(at, value, this.littleEndian);
  }

  setI16(at: number, value: number): void {
    checkInteger(value, -0x8000, 0x7fff, "i16");
    this.#view.setInt16(at, value, this.littleEndian);
  }

  setU32(at: number, value: number): void {
    checkInteger(value, 0, 0xffffffff, "u32");
    this.#view.setUint32(at, value, this.littleEndian);
  }

  setI32(at: number, value: number): void {
    checkInteger(value, -0x80000000, 0x7fffffff, "i32");
    this.#view.setInt32(at, value, this.littleEndian);
  }

  setU64(at: number, value: bigint): void {
    checkBigInt(value, 0n, 0xffffffffffffffffn, "u64");
    this.#view.setBigUint64(at, value, this.littleEndian);
  }

  setI64(at: number, value: bigint): void {
    checkBigInt(value, -0x8000000000000000n, 0x7fffffffffffffffn, "i64");
    this.#view.setBigInt64(at, value, this.littleEndian);
  }

  setU128(at: number, value: bigint): void {
    checkBigInt(value, 0n, (1n << 128n) - 1n, "u128");
    this.#set128(at, value);
  }

  setI128(at: number, value: bigint): void {
    checkBigInt(value, -(1n << 127n), (1n << 127n) - 1n, "i128");
    this.#set128(at, value);
  }

  setF32(at: number, value: number): void {
    checkFloat(value, "f32");
    this.#view.setFloat32(at, value, this.littleEndian);
  }

  setF64(at: number, value: number): void {
    checkFloat(value, "f64");
    this.#view.setFloat64(at, value, this.littleEndian);
  }

  setBool(at: number, value: boolean): void {
    checkBoolean(value);
    this.#view.setUint8(at, value ? 1 : 0);
  }

  /** Stores a number as a u64: an integer that a number holds exactly. */
  setU64Number(at: number, value: number): void {
    checkInteger(value, 0, Number.MAX_SAFE_INTEGER, "u64");
    this.setU64(at, BigInt(value));
  }

  /** Stores a number as an s64: an integer that a number holds exactly. */
  setI64Number(at: number, value: number): void {
    checkInteger(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, "i64");
    this.setI64(at, BigInt(value));
  }

  /** Stores an IPv4 address that is given as text. */
  setIpv4(at: number, value: string): void {
    this.setSlice(at, 4, ipv4Bytes(value));
  }

  /** Stores an IPv6 address that is given as text. */
  setIpv6(at: number, value: string): void {
    this.setSlice(at, 16, ipv6Bytes(value));
  }

  /** Stores a MAC address that is given as text, two digits a byte, ":" or "-" between them. */
  setMac(at: number, value: string): void {
    this.setSlice(at, 6, macBytes(value));
  }

  /** Stores a moment. */
  setKtime(at: number, value: KernelTime): void {
    if (typeof value !== "object") throw new TypeError(`a ktime takes a KernelTime, not ${show(value)}`);
    this.setU64(at, value.ns);
  }

  /** Stores text as UTF-8 and zeros behind it; text of exactly `size` bytes fills a `char[size]` without a NUL. */
  setText(at: number, size: number, value: string): void {
    this.#check(at, size);
    if (typeof value !== "string") throw new TypeError(`char[${size}] takes a string, not ${show(value)}`);
    if (value.includes("\0"))
      throw new RangeError(`${show(value)} holds a NUL, which ends the text of a char[${size}]`);
    const length = Buffer.byteLength(value, "utf8");
    if (length > size) throw new RangeError(`${show(value)} is ${length} bytes of UTF-8, too many for char[${size}]`);
    new TextEncoder().encodeInto(value, this.bytes.subarray(at, at + length));
    if (length === size) return;
    this.bytes[at + length] = 0;
    this.clear(at + length + 1, size - length - 1);
  }

  /** Stores exactly `size` bytes. */
  setSlice(at: number, size: number, value: Uint8Array): void {
    this.#check(at, size);
    if (!(value instanceof Uint8Array)) throw new TypeError(`u8[${size}] takes a Uint8Array, not ${show(value)}`);
    checkCount(value.length, size, "bytes", `u8[${size}]`);
    this.bytes.set(value, at);
  }

  /** Stores the elements of an array; there must be exactly `count`. */
  setList<T>(
    at: number,
    count: number,
    stride: number,
    values: readonly T[],
    write: (to: Memory, at: number, value: T) => void,
  ): void {
    checkArray(values, `an array of ${count}`);
    checkCount(values.length, count, "elements", `an array of ${count}`);
    values.forEach((value, i) => {
      write(this, at + i * stride, value);
    });
  }

  /** Stores an unsigned bit-field and leaves the bits around it alone. */
  setBits(at: number, offset: number, size: number, value: number | bigint): void {
    const { bytes, littleEndian } = this;
    writeBits(bytes, { at, offset, size, littleEndian }, bitFieldValue(value, size, false));
  }

  /** Stores a signed bit-field and leaves the bits around it alone. */
  setSignedBits(at: number, offset: number, size: number, value: number | bigint): void {
    const { bytes, littleEndian } = this;
    writeBits(bytes, { at, offset, size, littleEndian }, bitFieldValue(value, size, true));
  }

  /** Stores a flexible array, and zeros behind it up to {@link Memory.end}. */
  setRest<T>(
    at: number,
    stride: number,
    values: readonly T[],
    write: (to: Memory, at: number, value: T) => void,
  ): void {
    const room = this.#restSize(at);
    checkArray(values, "a flexible array");
    if (values.length * stride > room)
      throw new RangeError(
        `${values.length} elements of ${stride} bytes are too many for the ${room} bytes of the array`,
      );
    this.clear(at, room);
    this.setList(at, values.length, stride, values, write);
  }

  /** Stores a flexible `char[]`, and zeros behind it up to {@link Memory.end}. */
  setRestText(at: number, value: string): void {
    this.setText(at, this.#restSize(at), value);
  }

  /** Stores bytes, and zeros behind them up to {@link Memory.end}. */
  setRestBytes(at: number, value: Uint8Array): void {
    const room = this.#restSize(at);
    if (!(value instanceof Uint8Array)) throw new TypeError(`u8[] takes a Uint8Array, not ${show(value)}`);
    if (value.length > room) throw new RangeError(`${value.length} bytes are too many for the ${room} bytes of u8[]`);
    this.clear(at, room);
    this.bytes.set(value, at);
  }

  /** Stores the members of a union that `value` has; see `union-writer.ts` for what happens when there are several. */
  setUnion<T extends object>(at: number, size: number, value: T, members: UnionWriters<Memory, T>): void {
    writeUnion<Memory, T>(this, at, size, value, members);
  }

  /** A copy of the bytes from `at` to {@link Memory.end}, and zeros behind them, `size` bytes in all. */
  padded(at: number, size: number): Memory {
    const whole = new Uint8Array(size);
    whole.set(this.restBytes(at).subarray(0, size));
    return this.over(whole);
  }

  /** A memory of the same byte order over other bytes. */
  over(bytes: Uint8Array): Memory {
    return new Memory(bytes, this.littleEndian);
  }

  /** Like {@link Memory.over}, and {@link Memory.clear} does nothing: what was stored can be told from padding. */
  overKeepingPadding(bytes: Uint8Array): Memory {
    const memory = this.over(bytes);
    memory.#keepsPadding = true;
    return memory;
  }

  #set128(at: number, value: bigint): void {
    const high = this.littleEndian ? at + 8 : at;
    const low = this.littleEndian ? at : at + 8;
    this.#check(at, 16);
    this.#view.setBigUint64(high, BigInt.asUintN(64, value >> 64n), this.littleEndian);
    this.#view.setBigUint64(low, BigInt.asUintN(64, value), this.littleEndian);
  }

  #restSize(at: number): number {
    return Math.max(0, this.end - at);
  }

  #check(at: number, size: number): void {
    if (at < 0 || size < 0 || at + size > this.bytes.length)
      throw new RangeError(`${size} bytes at byte ${at} of a memory of ${this.bytes.length} bytes`);
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
