import { checkWords } from "./check-words.ts";
import { CoreGenError } from "../../errors.ts";
import type { Btf } from "../btf.ts";
import { vlenOf } from "../index/offsets.ts";
import { kinds, type BtfKind } from "../types.ts";

const hostIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Words of `struct btf_type`, behind which a kind's own words are. */
const HEADER_WORDS = 3;

/**
 * The types of some BTF and of its base as they are in the file, 32-bit words in this machine's byte order, and their
 * strings in one piece: writing all of a kernel's types takes less time than decoding them into objects.
 *
 * Making one checks every reference to a type and to a string, as libbpf does when it parses (`btf_sanity_check`), so
 * that reading needs no checks. What is read for each member of each struct is read off the arrays: most of this runs
 * before V8 has optimized anything, and calls cost most there.
 */
export class TypeWords {
  readonly typeCount: number;
  readonly strings: Uint8Array;
  readonly what: string;
  /** All of them, the base's first. */
  readonly words: Uint32Array;
  /** Where each type's words begin, by id; void's are behind the end, where everything is 0. */
  readonly starts: Uint32Array;
  /** The place of each type's kind in {@link kinds}, by id. */
  readonly kindNumbers: Uint8Array;
  readonly #referenced: Uint8Array;

  constructor(btf: Btf) {
    this.what = btf.what;
    this.typeCount = btf.typeCount;
    this.strings = btf.strings;
    this.words = btf.base === undefined ? wordsOf(btf) : joinedWords(btf);
    const { starts, kindNumbers, referenced } = checkWords(this, 0);
    starts[0] = this.words.length;
    this.starts = starts;
    this.kindNumbers = kindNumbers;
    this.#referenced = referenced;
  }

  /** How many bytes of types and strings there are. */
  get size(): number {
    return this.words.byteLength + this.strings.length;
  }

  kind(id: number): BtfKind {
    return kinds[this.kindNumbers[id] ?? 0] ?? "void";
  }

  vlen(id: number): number {
    return vlenOf(this.word(this.at(id) + 1));
  }

  kindFlag(id: number): boolean {
    return this.word(this.at(id) + 1) >>> 31 === 1;
  }

  /** The offset of its name in the strings, 0 for none. */
  nameOff(id: number): number {
    return this.word(this.at(id));
  }

  /** `size` of the kinds that have one. */
  size32(id: number): number {
    return this.word(this.at(id) + 2);
  }

  /** The type that it refers to: for an array that of its elements, for a function what it returns. */
  target(id: number): number {
    return this.word(this.at(id) + (this.kindNumbers[id] === ARRAY ? HEADER_WORDS : 2));
  }

  nelems(id: number): number {
    return this.word(this.at(id) + HEADER_WORDS + 2);
  }

  isReferenced(id: number): boolean {
    return this.#referenced[id] === 1;
  }

  /** Where the type's words begin. */
  at(id: number): number {
    return this.starts[id] ?? 0;
  }

  /** Where the type's members, values, parameters or other own words begin. */
  elements(id: number): number {
    return this.at(id) + HEADER_WORDS;
  }

  word(at: number): number {
    return this.words[at] ?? 0;
  }

  /** Whether the text at this offset of the strings is empty. */
  isEmpty(nameOff: number): boolean {
    return this.strings[nameOff] === 0;
  }

  /** Whether the text at this offset is `text`, which is ASCII. */
  nameIs(nameOff: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.strings[nameOff + i] !== text.charCodeAt(i)) return false;
    return this.strings[nameOff + text.length] === 0;
  }

  fail(problem: string): never {
    throw new CoreGenError("bad-btf", `${this.what}: ${problem}`);
  }
}

const ARRAY = kinds.indexOf("array");

/** The words of a BTF and of what is below it, which come first. */
function joinedWords(btf: Btf): Uint32Array {
  const parts: Uint32Array[] = [];
  for (let layer: Btf | undefined = btf; layer !== undefined; layer = layer.base) parts.unshift(wordsOf(layer));
  const words = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    words.set(part, start);
    start += part.length;
  }
  return words;
}

/** The type section of one BTF, without its base's: the file's own bytes where this machine reads them so. */
function wordsOf({ types, littleEndian }: Btf): Uint32Array {
  const length = types.length >>> 2;
  if (littleEndian === hostIsLittleEndian && types.byteOffset % 4 === 0)
    return new Uint32Array(types.buffer, types.byteOffset, length);
  // A copy begins at a multiple of 4, wherever the section does.
  const words = new Uint32Array(new Uint8Array(types.subarray(0, length * 4)).buffer);
  if (littleEndian !== hostIsLittleEndian) words.forEach((word, index) => (words[index] = swapped(word)));
  return words;
}

function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
