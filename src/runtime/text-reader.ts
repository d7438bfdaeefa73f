/** The undocumented but stable decoders of Node's Buffer, the fastest there are for short strings (measured). */
export interface SliceDecoder {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** Char arrays up to this size, such as a task's comm, are looked up in the cache of short texts. */
export const shortTextSize = 16;

const cacheSlots = 1024;
const highBits = 0x80808080 | 0;

/** Short texts by the four 32-bit words that hold them: command names repeat, and a hit saves a call into C++. */
interface ShortTextCache {
  readonly words: Int32Array;
  readonly texts: string[];
}

let cache: ShortTextCache | undefined;

/**
 * The text in the `size` ≤ 16 bytes at `at`, up to the first NUL.
 *
 * Words are read as little-endian on every machine, so that the lowest byte is the first character.
 */
export function readShortText(view: DataView, decoder: SliceDecoder, at: number, size: number): string {
  const a = size >= 4 ? view.getInt32(at, true) : partialWord(view, at, size);
  const b = size >= 8 ? view.getInt32(at + 4, true) : partialWord(view, at + 4, size - 4);
  const c = size >= 12 ? view.getInt32(at + 8, true) : partialWord(view, at + 8, size - 8);
  const d = size >= 16 ? view.getInt32(at + 12, true) : partialWord(view, at + 12, size - 12);
  const { words, texts } = (cache ??= newCache());
  const slot = slotOf(a, b, c, d);
  const word = slot * 4;
  if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d)
    // A slot without text has four zero words, which is the empty text.
    return texts[slot] ?? "";
  const text = readLongText(view, decoder, at, size);
  words[word] = a;
  words[word + 1] = b;
  words[word + 2] = c;
  words[word + 3] = d;
  texts[slot] = text;
  return text;
}

/** The text in the `size` bytes at `at`, up to the first NUL: looks at four bytes at a time, aligned or not. */
export function readLongText(view: DataView, decoder: SliceDecoder, at: number, size: number): string {
  const lastWord = at + size - 4;
  let seen = 0;
  let end = at;
  while (end <= lastWord) {
    const word = view.getInt32(end, true);
    if (hasZeroByte(word)) break;
    seen |= word;
    end += 4;
  }
  for (const limit = at + size; end < limit; end++) {
    const byte = view.getUint8(end);
    if (byte === 0) break;
    seen |= byte;
  }
  return (seen & highBits) === 0 ? decoder.latin1Slice(at, end) : decoder.utf8Slice(at, end);
}

/** The classic test for a zero byte in a word (Bit Twiddling Hacks, "Determine if a word has a zero byte"). */
function hasZeroByte(word: number): boolean {
  return ((word - 0x01010101) & ~word & highBits) !== 0;
}

function partialWord(view: DataView, at: number, size: number): number {
  let word = 0;
  for (let i = 0; i < size; i++) word |= view.getUint8(at + i) << (8 * i);
  return word;
}

function slotOf(a: number, b: number, c: number, d: number): number {
  const mixed =
    Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 22;
}

function newCache(): ShortTextCache {
  return { words: new Int32Array(cacheSlots * 4), texts: new Array<string>(cacheSlots).fill("") };
}
