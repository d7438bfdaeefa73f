import { fstatSync, readSync } from "node:fs";
import { ByteReader } from "../../btf/bytes.ts";
import { CoreGenError } from "../../errors.ts";

/** The signatures, and how long the fixed parts are: APPNOTE.TXT of the zip format, 4.3. */
const END = { signature: 0x0605_4b50, size: 22 };
const ENTRY = { signature: 0x0201_4b50, size: 46 };
const LOCAL = { signature: 0x0403_4b50, size: 30 };
/** The end's record is followed by a comment of this many bytes at most. */
const LONGEST_COMMENT = 0xffff;

/** A file in a zip archive. */
export interface StoredMember {
  readonly bytes: Uint8Array;
  /** Where they are in the archive, in bytes. */
  readonly start: number;
}

/**
 * A file that a zip archive has as it is: what is packed can't be mapped, and so not be probed (libbpf:
 * `zip_archive_find_entry`). `doing` begins errors. Throws a `CoreGenError` with code `bad-input`.
 */
export function storedMember(fd: number, name: string, doing: string): StoredMember {
  const { size } = fstatSync(fd);
  const read = (offset: number, length: number): ByteReader => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    for (let done = 0; done < bytes.length;) {
      const count = readSync(fd, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return new ByteReader(bytes, { what: doing, code: "bad-input", littleEndian: true });
  };
  const entry = findEntry(read, size, name, doing);
  if (entry.method !== 0) {
    throw new CoreGenError("bad-input", `${doing}: ${name} is packed in the archive, so no process can map it`, {
      hints: ["Processes use a copy that was unpacked: give its path."],
    });
  }
  const local = read(entry.header, LOCAL.size);
  if (local.u32(0) !== LOCAL.signature) throw damaged(doing);
  const start = entry.header + LOCAL.size + local.u16(26) + local.u16(28);
  return { bytes: read(start, entry.size).slice(0, entry.size), start };
}

type Read = (offset: number, length: number) => ByteReader;

interface Entry {
  readonly method: number;
  readonly size: number;
  readonly header: number;
}

function findEntry(read: Read, size: number, name: string, doing: string): Entry {
  const tailStart = Math.max(0, size - END.size - LONGEST_COMMENT);
  const tail = read(tailStart, size - tailStart);
  let end = tail.length - END.size;
  while (end >= 0 && tail.u32(end) !== END.signature) end--;
  if (end < 0) throw new CoreGenError("bad-input", `${doing}: this is not a zip archive`);
  const directory = read(tail.u32(end + 16), tail.u32(end + 12));
  let at = 0;
  for (let left = tail.u16(end + 10); left > 0; left--) {
    if (directory.u32(at) !== ENTRY.signature) throw damaged(doing);
    const [nameLength, extra, comment] = [directory.u16(at + 28), directory.u16(at + 30), directory.u16(at + 32)];
    const entryName = Buffer.from(directory.slice(at + ENTRY.size, nameLength)).toString("utf8");
    if (entryName === name)
      return { method: directory.u16(at + 10), size: directory.u32(at + 20), header: directory.u32(at + 42) };
    at += ENTRY.size + nameLength + extra + comment;
  }
  throw new CoreGenError("bad-input", `${doing}: the archive has no file ${name}`);
}

function damaged(doing: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: the archive is damaged`);
}
