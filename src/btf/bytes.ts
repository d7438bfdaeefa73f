import { CoreGenError, type ErrorCode } from "../errors.ts";

const text = new TextDecoder("utf-8");

/**
 * The longest name that is read. The kernel takes 511 bytes (`KSYM_NAME_LEN`), compilers write what programmers write.
 * Without a limit, a small hostile file in which every symbol or type has the same endless name would fill all memory.
 */
export const LONGEST_NAME = 4096;

/** Where a {@link ByteReader}'s bytes come from, for its error messages. */
export interface ByteSource {
  /** Named in every error: ".BTF of execsnoop.bpf.o". */
  readonly what: string;
  /** The code of the errors that reading past the end throws. */
  readonly code: ErrorCode;
  readonly littleEndian: boolean;
}

/**
 * Bounds-checked reads at absolute positions of a byte array.
 *
 * Every read past the end throws a {@link CoreGenError} that names the source, the position, the length asked for and
 * the length there is. Nothing else is ever thrown, whatever the bytes are.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly source: ByteSource;
  readonly littleEndian: boolean;
  /** The same bytes, for loops over what is known to lie inside: its methods throw a RangeError and need the byte order. */
  readonly view: DataView;

  constructor(bytes: Uint8Array, source: ByteSource) {
    // Node's Buffer is a Uint8Array whose slice() does not copy: a plain view has no such surprise.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.source = source;
    this.littleEndian = source.littleEndian;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.#check(at, 1);
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    this.#check(at, 2);
    return this.view.getUint16(at, this.littleEndian);
  }

  i16(at: number): number {
    this.#check(at, 2);
    return this.view.getInt16(at, this.littleEndian);
  }

  u32(at: number): number {
    this.#check(at, 4);
    return this.view.getUint32(at, this.littleEndian);
  }

  i32(at: number): number {
    this.#check(at, 4);
    return this.view.getInt32(at, this.littleEndian);
  }

  u64(at: number): bigint {
    this.#check(at, 8);
    return this.view.getBigUint64(at, this.littleEndian);
  }

  i64(at: number): bigint {
    this.#check(at, 8);
    return this.view.getBigInt64(at, this.littleEndian);
  }

  /** The lower half of a 64-bit number. */
  low32(at: number): number {
    this.#check(at, 8);
    return this.view.getUint32(this.littleEndian ? at : at + 4, this.littleEndian);
  }

  /** The upper half of a 64-bit number. */
  high32(at: number): number {
    this.#check(at, 8);
    return this.view.getUint32(this.littleEndian ? at + 4 : at, this.littleEndian);
  }

  /** A 64-bit file offset or size as a number; one that is past 2^53 can't be a position in any file. */
  offset64(at: number): number {
    const high = this.high32(at);
    if (high >= 2 ** 21) this.fail(`the 64-bit offset at ${at} is ${this.u64(at)}`);
    // What has gone through an addition with 2^32 stays a float to V8, and all that is calculated from it.
    return high === 0 ? this.low32(at) : high * 2 ** 32 + this.low32(at);
  }

  /** The bytes `[at, at + length)`, as a view that shares memory with the source. */
  slice(at: number, length: number): Uint8Array {
    this.#check(at, length);
    return this.bytes.subarray(at, at + length);
  }

  /** The UTF-8 text at `at` up to the next NUL; one that has no NUL before the end, or is longer than `longest` bytes, is an error. */
  cString(at: number, longest: number = Number.POSITIVE_INFINITY): string {
    this.#check(at, 1);
    const end = this.bytes.indexOf(0, at);
    if (end < 0) this.fail(`the string at ${at} has no end`);
    if (end - at > longest)
      this.fail(`the name at ${at} is ${end - at} bytes long, more than any compiler writes (${longest})`);
    return text.decode(this.bytes.subarray(at, end));
  }

  /** Throws an error about these bytes. */
  fail(problem: string): never {
    throw new CoreGenError(this.source.code, `${this.source.what}: ${problem}`);
  }

  #check(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.bytes.length)) {
      this.fail(`${length} bytes are needed at offset ${at}, but there are only ${this.bytes.length} bytes`);
    }
  }
}

/** A growing byte array with typed appends, the counterpart of {@link ByteReader}. */
export class ByteWriter {
  readonly littleEndian: boolean;
  #bytes: Uint8Array = new Uint8Array(256);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, this.littleEndian);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, this.littleEndian);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, this.littleEndian);
  }

  append(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Appends zeros until the length is a multiple of `alignment`. */
  align(alignment: number): void {
    this.#grow((alignment - (this.#length % alignment)) % alignment);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Where the next `by` bytes go. Replaces the view, so it comes before any use of that. */
  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
