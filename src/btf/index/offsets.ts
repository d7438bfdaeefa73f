import type { ByteReader } from "../bytes.ts";
import type { BtfHeader } from "../header.ts";
import { nameKey, type StringSections } from "./names.ts";

/** Bytes of `struct btf_type`, which begins every type. */
export const TYPE_SIZE = 12;

/** Bytes that follow `struct btf_type`, by kind. */
const fixedSize = new Map([
  [1, 4],
  [3, 12],
  [14, 4],
  [17, 4],
]);

/** Bytes per element (`vlen` of them) that follow `struct btf_type`, by kind. */
const elementSize = new Map([
  [4, 12],
  [5, 12],
  [6, 8],
  [13, 8],
  [15, 12],
  [19, 12],
]);

/** Kinds that we know, 0 (void, which is never in the type section) included. */
const KNOWN_KINDS = 20;
/** What 7 bits can say. */
const KINDS = 128;
const LAYOUT_SIZE = 4;
const WORD = 4;

/** How long the types of each kind are, by kind, in words of four bytes. */
export interface KindSizes {
  /** Of `struct btf_type` and what every type of the kind has behind it; 0 for a kind that is not known. */
  readonly fixed: Uint8Array;
  /** Of each element behind those. */
  readonly element: Uint8Array;
}

/**
 * The sizes of the kinds that we know, and those that the BTF's layout section (`struct btf_layout`) or its base's adds:
 * types of kinds that are newer than we are can be passed over. One whose sizes are no whole words stays unknown
 * (libbpf: `btf_type_size_unknown`).
 */
export function readKindSizes(file: ByteReader, header: BtfHeader, base: KindSizes | undefined): KindSizes {
  const { layoutStart, layoutEnd } = header;
  const count = Math.min(KINDS, Math.floor((layoutEnd - layoutStart) / LAYOUT_SIZE));
  if (count === 0 && base !== undefined) return base;
  const sizes: KindSizes = { fixed: new Uint8Array(KINDS), element: new Uint8Array(KINDS) };
  for (let kind = 1; kind < Math.max(KNOWN_KINDS, count); kind++) {
    const at = layoutStart + kind * LAYOUT_SIZE;
    const fixed = kind < KNOWN_KINDS ? (fixedSize.get(kind) ?? 0) : file.u8(at);
    const element = kind < KNOWN_KINDS ? (elementSize.get(kind) ?? 0) : file.u8(at + 1);
    if (fixed % WORD !== 0 || element % WORD !== 0) continue;
    sizes.fixed[kind] = (TYPE_SIZE + fixed) / WORD;
    sizes.element[kind] = element / WORD;
  }
  return sizes;
}

/** The kind in a type's `info`: 7 bits since 2026, the two upper ones were zero before. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** The number of elements in a type's `info`: 24 bits since 2026, the upper eight were zero before. */
export function vlenOf(info: number): number {
  return info & 0xffffff;
}

/** Where the types are, and what finds them by name. */
export interface TypePlaces {
  /** Where each type begins, in bytes from the start of the data. */
  readonly offsets: Uint32Array;
  /** The {@link nameKey} of each. */
  readonly nameKeys: Uint16Array;
}

/**
 * Walks the type section once, in words: a kernel has over 100,000 types, and this is most of what parsing them takes.
 *
 * The first entry belongs to the first type of this BTF (id 1, or the base's type count). Proves that every type's own
 * bytes lie inside the section, so that decoding a type can't run past it.
 */
export function readTypePlaces(
  file: ByteReader,
  header: BtfHeader,
  { fixed, element }: KindSizes,
  strings: StringSections,
  firstId: number,
): TypePlaces {
  const { typesStart, typesEnd } = header;
  const words = typeWords(file, header);
  const [base, own] = strings;
  const ownStart = base.length;
  // Not a whole number when the section isn't whole words: then its last type is cut off.
  const end = (typesEnd - typesStart) / WORD;
  const offsets = new Uint32Array(Math.floor((typesEnd - typesStart) / TYPE_SIZE));
  const nameKeys = new Uint16Array(offsets.length);
  let count = 0;
  let at = 0;
  // Nearly all of this loop runs before V8 has optimized it, so every call and check in it counts.
  while (at < end) {
    const name = words[at] ?? 0;
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x7f;
    const size = fixed[kind] ?? 0;
    if (size === 0) break;
    offsets[count] = typesStart + at * WORD;
    nameKeys[count] = name < ownStart ? nameKey(base, name) : nameKey(own, name - ownStart);
    at += size + (element[kind] ?? 0) * (info & 0xffffff);
    count++;
  }
  if (at !== end) refuseLastType(file, typesStart + at * WORD, typesEnd, firstId + count);
  return { offsets: offsets.subarray(0, count), nameKeys: nameKeys.subarray(0, count) };
}

/** Says why the walk did not end where the types do. */
function refuseLastType(file: ByteReader, at: number, typesEnd: number, id: number): never {
  if (at > typesEnd) file.fail(`type [${id - 1}] ends at byte ${at}, after the end of the types (${typesEnd})`);
  if (at + TYPE_SIZE > typesEnd) file.fail(`type [${id}] at byte ${at} is cut off by the end of the types`);
  file.fail(`type [${id}] at byte ${at} has the unknown kind ${kindOf(file.u32(at + 4))}`);
}

/** The type section as numbers: the bytes themselves where this machine reads them so, a copy otherwise. */
function typeWords(file: ByteReader, { littleEndian, typesStart, typesEnd }: BtfHeader): Uint32Array {
  const { buffer, byteOffset } = file.bytes;
  const start = byteOffset + typesStart;
  const count = Math.floor((typesEnd - typesStart) / WORD);
  if (littleEndian === hostIsLittleEndian && start % WORD === 0) return new Uint32Array(buffer, start, count);
  const view = new DataView(buffer, start, count * WORD);
  const words = new Uint32Array(count);
  for (let index = 0; index < count; index++) words[index] = view.getUint32(index * WORD, littleEndian);
  return words;
}

const hostIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
