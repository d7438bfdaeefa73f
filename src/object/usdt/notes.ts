import type { ByteReader } from "../../btf/bytes.ts";

/** One place of a probe: a program may have several of the same name. Addresses are those of the ELF file. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** Where the probe's `nop` is. */
  readonly location: bigint;
  /** Where `.stapsdt.base` was when the file was linked; 0 when it is not known. */
  readonly base: bigint;
  /** A 16-bit counter of those who listen; 0 for none. */
  readonly semaphore: bigint;
  /** Where the arguments are: "-4@%edi 8@-16(%rbp)"; see {@link parseUsdtArguments}. */
  readonly args: string;
}

const NT_STAPSDT = 3;
const HEADER_SIZE = 12;
const ADDRESSES_SIZE = 24;
/** Longer than any compiler writes: twelve arguments of a few dozen characters each. */
const LONGEST_TEXT = 4096;

/**
 * Reads the contents of a section `.note.stapsdt` of a 64-bit file (libbpf: `parse_usdt_note`). Notes of others are left out.
 *
 * Throws a `CoreGenError` with the code of `section` when they are damaged.
 * Format: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 */
export function readUsdtNotes(section: ByteReader): UsdtNote[] {
  const notes: UsdtNote[] = [];
  for (let at = 0; at + HEADER_SIZE <= section.length;) {
    const nameSize = section.u32(at);
    const size = section.u32(at + 4);
    const nameAt = at + HEADER_SIZE;
    const descriptionAt = nameAt + aligned(nameSize);
    const isOurs = nameSize === OWNER.length && section.u32(at + 8) === NT_STAPSDT;
    if (isOurs && latin1(section.slice(nameAt, nameSize)) === OWNER) notes.push(readNote(section, descriptionAt, size));
    at = descriptionAt + aligned(size);
  }
  return notes;
}

const OWNER = "stapsdt\0";

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function readNote(section: ByteReader, at: number, size: number): UsdtNote {
  const text = (from: number): string => {
    const found = section.cString(from, LONGEST_TEXT);
    if (from + found.length >= at + size) section.fail(`the note at ${at} ends in the middle of its texts`);
    return found;
  };
  const [location, base, semaphore] = [section.u64(at), section.u64(at + 8), section.u64(at + 16)];
  let next = at + ADDRESSES_SIZE;
  const texts = [0, 1, 2].map(() => {
    const found = text(next);
    next = section.bytes.indexOf(0, next) + 1;
    return found;
  });
  const [provider = "", name = "", args = ""] = texts;
  if (name === "") section.fail(`the note at ${at} has no name`);
  // libbpf takes ":" for none.
  return { provider, name, location, base, semaphore, args: args.startsWith(":") ? "" : args };
}
