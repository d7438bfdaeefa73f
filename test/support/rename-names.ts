import { ByteReader } from "../../src/btf/bytes.ts";
import { readBtfHeader } from "../../src/btf/header.ts";
import { kindOf, TYPE_SIZE, vlenOf } from "../../src/btf/index/offsets.ts";
import { visitReferences } from "../../src/btf/visit-references.ts";
import { parseElf } from "../../src/object/elf/elf.ts";

/** A new name for one that is in an object, of any length; the same one each time that it is asked. */
export type Rename = (name: string) => string;

/**
 * A little-endian object whose names are others: of its sections, symbols, types, members and variables, in ELF and BTF,
 * so that what belonged together still does. Longer names find room: new tables are put behind the file.
 */
export function renameNames(object: Uint8Array, rename: Rename): Uint8Array {
  const elf = parseElf(object);
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const file = new File(object, Number(view.getBigUint64(40, true)));
  const renameSection = (name: string): string => {
    const target = name.startsWith(".rel") && !name.startsWith(".rel.BTF") ? name.slice(4) : undefined;
    return target === undefined ? rename(name) : `.rel${rename(target)}`;
  };

  const strings = new Strings();
  for (const { index, name } of elf.sections) file.setSectionName(index, strings.add(renameSection(name)));
  const symtab = elf.sections.find(({ name }) => name === ".symtab");
  if (symtab === undefined) throw new Error("an object without symbols");
  const symbols = new Uint8Array(symtab.data);
  const symbolView = new DataView(symbols.buffer);
  const table = elf.sections[symtab.link]!;
  for (let at = 0; at + 24 <= symbols.length; at += 24)
    symbolView.setUint32(at, strings.add(rename(stringAt(table.data, symbolView.getUint32(at, true)))), true);
  file.replace(symtab.index, symbols);
  // LLVM has one table for the names of sections and symbols.
  for (const { index, name } of elf.sections)
    if (name === ".strtab" || name === ".shstrtab") file.replace(index, strings.finish());

  const btf = elf.sections.find(({ name }) => name === ".BTF");
  if (btf === undefined) return file.finish();
  const renamed = new RenamedBtf(btf.data, rename);
  const ext = elf.sections.find(({ name }) => name === ".BTF.ext");
  if (ext !== undefined) file.replace(ext.index, renamed.extension(ext.data));
  file.replace(btf.index, renamed.finish());
  return file.finish();
}

/** A table of strings that only grows. */
class Strings {
  readonly #chunks: Buffer[] = [Buffer.from([0])];
  readonly #places = new Map<string, number>([["", 0]]);
  #length = 1;

  add(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const at = this.#length;
    const chunk = Buffer.from(`${text}\0`, "utf8");
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#places.set(text, at);
    return at;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** BTF whose types have new names; the old strings stay in front, for what refers to them. */
class RenamedBtf {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #old: Uint8Array;
  readonly #new = new Strings();
  readonly #rename: Rename;

  constructor(original: Uint8Array, rename: Rename) {
    const header = readBtfHeader(original, "BTF");
    this.#rename = rename;
    this.#old = original.slice(header.stringsStart, header.stringsEnd);
    this.#bytes = original.slice(0, header.stringsStart);
    this.#view = new DataView(this.#bytes.buffer);
    const file = new ByteReader(original, { what: "BTF", code: "bad-btf", littleEndian: true });
    for (let at = header.typesStart; at < header.typesEnd; at += sizeOfType(file.u32(at + 4)))
      visitReferences(file, at, {
        id: () => undefined,
        string: (place) => {
          this.#view.setUint32(place, this.#renamed(file.u32(place)), true);
        },
      });
  }

  /** `.BTF.ext` with the new names of the sections that it is about. */
  extension(original: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(original);
    const view = new DataView(bytes.buffer);
    const headerSize = view.getUint32(4, true);
    for (let field = 8; field + 8 <= headerSize; field += 8) {
      const start = headerSize + view.getUint32(field, true);
      const end = start + view.getUint32(field + 4, true);
      if (end === start) continue;
      const recordSize = view.getUint32(start, true);
      for (let at = start + 4; at + 8 <= end;) {
        view.setUint32(at, this.#renamed(view.getUint32(at, true)), true);
        at += 8 + recordSize * view.getUint32(at + 4, true);
      }
    }
    return bytes;
  }

  finish(): Uint8Array {
    const strings = this.#new.finish();
    // str_len, the last of the header's first six words.
    this.#view.setUint32(20, this.#old.length + strings.length, true);
    return Buffer.concat([this.#bytes, this.#old, strings]);
  }

  #renamed(offset: number): number {
    const text = stringAt(this.#old, offset);
    return text === "" ? offset : this.#old.length + this.#new.add(this.#rename(text));
  }
}

/** An ELF file whose sections get new contents, behind what there was. */
class File {
  #bytes: Buffer;
  readonly #table: number;

  constructor(bytes: Uint8Array, table: number) {
    this.#bytes = Buffer.from(bytes);
    this.#table = table;
  }

  setSectionName(index: number, at: number): void {
    this.#bytes.writeUInt32LE(at, this.#header(index));
  }

  replace(index: number, contents: Uint8Array): void {
    const padding = Buffer.alloc((8 - (this.#bytes.length % 8)) % 8);
    const at = this.#bytes.length + padding.length;
    this.#bytes = Buffer.concat([this.#bytes, padding, contents]);
    this.#bytes.writeBigUInt64LE(BigInt(at), this.#header(index) + 24);
    this.#bytes.writeBigUInt64LE(BigInt(contents.length), this.#header(index) + 32);
  }

  finish(): Uint8Array {
    return this.#bytes;
  }

  #header(index: number): number {
    return this.#table + index * 64;
  }
}

/** Words behind a type's first three, and those of each of its elements, by kind (`btf.rst` of the kernel). */
const words: Readonly<Record<number, readonly [fixed: number, element: number]>> = {
  1: [1, 0], 3: [3, 0], 4: [0, 3], 5: [0, 3], 6: [0, 2], 13: [0, 2], 14: [1, 0], 15: [0, 3], 17: [1, 0], 19: [0, 3],
}; // prettier-ignore

function sizeOfType(info: number): number {
  const [fixed, element] = words[kindOf(info)] ?? [0, 0];
  return TYPE_SIZE + 4 * (fixed + element * vlenOf(info));
}

function stringAt(table: Uint8Array, at: number): string {
  const end = table.indexOf(0, at);
  return Buffer.from(table.subarray(at, end < 0 ? table.length : end)).toString("utf8");
}
