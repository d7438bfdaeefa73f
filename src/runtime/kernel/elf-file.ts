import { readSync } from "node:fs";
import { ByteReader } from "../../btf/bytes.ts";
import type { ErrorCode } from "../../errors.ts";
import type { ElfSegment } from "../../object/usdt/places.ts";

const ELF_HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const PT_LOAD = 1;
const PF_X = 1;
/** More than any file has: what a broken one says must not decide how much is allocated. */
const LARGEST_NAMES = 1 << 20;

/** One row of the section table. */
export interface ElfFileSection {
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** Where it is in memory, and in the file. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Of a symbol table, the index of the section with its names. */
  readonly link: number;
}

/** A file's descriptor, or all of its bytes. */
export type FileOrBytes = number | Uint8Array;

/** An ELF file on disk, of which only the tables are read: executables and kernels have hundreds of megabytes. */
export class ElfFile {
  readonly sections: readonly ElfFileSection[];
  /** `ET_*`: 2 for an executable that is not position-independent, 3 for all others. */
  readonly type: number;
  /** `EM_*`. */
  readonly machine: number;
  readonly littleEndian: boolean;
  readonly #header: ByteReader;
  readonly #file: FileOrBytes;
  readonly #source: Source;

  /**
   * Reads the section table of the file at this descriptor, which stays the caller's. `what` and `code` are for errors:
   * throws a `CoreGenError` when the file is damaged, or not of 64 bits.
   */
  constructor(file: FileOrBytes, what: string, code: ErrorCode) {
    // The fifth byte is the same in both byte orders, and says which one it is.
    const littleEndian = readAt(file, 0, ELF_HEADER_SIZE, { what, code, littleEndian: true }).u8(5) === 1;
    this.#file = file;
    this.#source = { what, code, littleEndian };
    const elf = readAt(file, 0, ELF_HEADER_SIZE, this.#source);
    if (elf.u8(4) !== 2 || elf.u16(58) !== SECTION_HEADER_SIZE) elf.fail("this is not a 64-bit ELF file");
    this.type = elf.u16(16);
    this.machine = elf.u16(18);
    this.littleEndian = littleEndian;
    this.#header = elf;
    this.sections = this.#readTable(elf);
  }

  /** The contents of a section. Throws when it says that it is larger than `limit` bytes, or when the file is cut off. */
  read({ name, offset, size }: ElfFileSection, limit: number): ByteReader {
    if (size > limit) new ByteReader(new Uint8Array(), this.#source).fail(`section ${name} is ${size} bytes long`);
    return readAt(this.#file, offset, size, this.#source);
  }

  /** Some bytes of the file; fewer at its end. */
  bytesAt(offset: number, length: number): Uint8Array {
    return readUpTo(this.#file, offset, length);
  }

  /** What is loaded into memory. Throws when the file is cut off. */
  readSegments(): ElfSegment[] {
    const count = this.#header.u16(56);
    if (count > 0 && this.#header.u16(54) !== PROGRAM_HEADER_SIZE)
      this.#header.fail("its program headers are of another size");
    const table = readAt(this.#file, this.#header.offset64(32), count * PROGRAM_HEADER_SIZE, this.#source);
    const rows = Array.from({ length: count }, (_, index) => index * PROGRAM_HEADER_SIZE);
    return rows.filter((at) => table.u32(at) === PT_LOAD).map((at) => segmentOf(table, at));
  }

  #readTable(elf: ByteReader): ElfFileSection[] {
    const count = elf.u16(60);
    const table = readAt(this.#file, elf.offset64(40), count * SECTION_HEADER_SIZE, this.#source);
    const rows = Array.from({ length: count }, (_, index) => rowOf(table, index * SECTION_HEADER_SIZE));
    const namesRow = rows[elf.u16(62)];
    if (namesRow === undefined) return [];
    const names = this.read({ ...namesRow, name: `[${elf.u16(62)}]` }, LARGEST_NAMES);
    return rows.map(({ nameOffset, ...row }) => ({ name: names.cString(nameOffset), ...row }));
  }
}

function rowOf(table: ByteReader, at: number): Omit<ElfFileSection, "name"> & { readonly nameOffset: number } {
  return {
    nameOffset: table.u32(at),
    type: table.u32(at + 4),
    address: table.offset64(at + 16),
    offset: table.offset64(at + 24),
    size: table.offset64(at + 32),
    link: table.u32(at + 40),
  };
}

function segmentOf(table: ByteReader, at: number): ElfSegment {
  return {
    executable: (table.u32(at + 4) & PF_X) !== 0,
    offset: table.u64(at + 8),
    address: table.u64(at + 16),
    size: table.u64(at + 40),
  };
}

/** Whether it is an ELF file. */
export function isElf(file: FileOrBytes): boolean {
  return Buffer.from(readUpTo(file, 0, 4)).toString("latin1") === "\x7fELF";
}

interface Source {
  readonly what: string;
  readonly code: ErrorCode;
  readonly littleEndian: boolean;
}

function readAt(file: FileOrBytes, offset: number, length: number, source: Source): ByteReader {
  const bytes = readUpTo(file, offset, length);
  const reader = new ByteReader(bytes, source);
  if (bytes.length < length)
    reader.fail(`the file is cut off: ${length} bytes are needed at offset ${offset}, there are ${bytes.length}`);
  return reader;
}

/** Fewer bytes than asked for only at the end of the file. */
function readUpTo(file: FileOrBytes, offset: number, length: number): Uint8Array {
  if (typeof file !== "number") return file.subarray(offset, offset + length);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
