import { readSync } from "node:fs";
import { ByteReader } from "../../btf/bytes.ts";

const ELF_HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
/** More than any kernel has: what a broken file says must not decide how much is allocated. */
const LARGEST_NAMES = 1 << 20;
const LARGEST_BTF = 1 << 28;

/** Whether the file at this descriptor is an ELF file. */
export function isElf(file: number): boolean {
  const magic = new Uint8Array(4);
  return (
    readSync(file, magic, 0, 4, 0) === 4 &&
    magic[0] === 0x7f &&
    magic[1] === 0x45 &&
    magic[2] === 0x4c &&
    magic[3] === 0x46
  );
}

/**
 * The contents of the section `.BTF` of a vmlinux, or undefined when it has none.
 *
 * Only the tables and that section are read: a vmlinux with debug information is hundreds of megabytes.
 * Throws a `CoreGenError` with code `no-kernel-btf` when the file is damaged.
 */
export function readBtfOfElf(file: number, what: string): Uint8Array | undefined {
  // The fifth byte is the same in both byte orders, and says which one it is.
  const littleEndian = readAt(file, 0, ELF_HEADER_SIZE, { what, littleEndian: true }).u8(5) === 1;
  const source = { what, littleEndian };
  const elf = readAt(file, 0, ELF_HEADER_SIZE, source);
  if (elf.u8(4) !== 2 || elf.u16(58) !== SECTION_HEADER_SIZE) elf.fail("this is not a 64-bit ELF file");
  const count = elf.u16(60);
  const table = readAt(file, elf.offset64(40), count * SECTION_HEADER_SIZE, source);
  const names = readSection(file, table, elf.u16(62), LARGEST_NAMES, source);
  for (let index = 0; index < count; index++) {
    if (names.cString(table.u32(index * SECTION_HEADER_SIZE)) === ".BTF") {
      return readSection(file, table, index, LARGEST_BTF, source).bytes;
    }
  }
  return undefined;
}

interface Source {
  readonly what: string;
  readonly littleEndian: boolean;
}

function readSection(file: number, table: ByteReader, index: number, limit: number, source: Source): ByteReader {
  const at = index * SECTION_HEADER_SIZE;
  const size = table.offset64(at + 32);
  if (size > limit) table.fail(`section ${index} is ${size} bytes long`);
  return readAt(file, table.offset64(at + 24), size, source);
}

function readAt(file: number, offset: number, length: number, source: Source): ByteReader {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  const reader = new ByteReader(bytes.subarray(0, done), { ...source, code: "no-kernel-btf" });
  if (done < length)
    reader.fail(`the file is cut off: ${length} bytes are needed at offset ${offset}, there are ${done}`);
  return reader;
}
