import { Btf } from "../btf/btf.ts";
import { readBtfHeader } from "../btf/header.ts";
import { TYPE_SIZE } from "../btf/index/offsets.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { ArrayType, DataSecType } from "../btf/types.ts";

const VAR_SECINFO_SIZE = 12;
const ARRAY = 3;
/** `struct btf_type`: its size, or the type that it refers to. */
const SIZE_AT = 8;
/** `struct btf_header`. */
const TYPES_LENGTH_AT = 12;
const STRINGS_AT = 16;
const LAYOUT_AT = 24;
/** An array in BTF: the common 12 bytes, then its element, its index and its length. */
const ARRAY_SIZE = TYPE_SIZE + 12;

/**
 * BTF in which a section of global data has another size: its last variable, an array, is as much longer or shorter.
 *
 * Undefined when there is no such array, or no whole number of elements makes up the size (libbpf:
 * `map_btf_datasec_resize`). The input is not changed, and its types keep their ids.
 */
export function resizeSection(btf: Btf, sectionId: number, size: number): Btf | undefined {
  const last = lastArray(btf, sectionId);
  const length = last && lengthOf(btf, last, size);
  if (last === undefined || length === undefined) return undefined;
  const { section, array } = last;
  return rewrite(btf, { sectionId, section, array: { ...array, nelems: length }, size });
}

/** How many elements the last variable of such a section has; undefined where {@link resizeSection} is. */
export function resizedLength(btf: Btf, sectionId: number, size: number): number | undefined {
  const last = lastArray(btf, sectionId);
  return last && lengthOf(btf, last, size);
}

/** A section whose last variable is an array. */
interface LastArray {
  readonly section: DataSecType;
  readonly array: ArrayType;
  readonly offset: number;
}

function lastArray(btf: Btf, sectionId: number): LastArray | undefined {
  const section = btf.type(sectionId);
  const last = section.kind === "datasec" ? section.vars.at(-1) : undefined;
  const variable = last && btf.type(last.type);
  if (section.kind !== "datasec" || last === undefined || variable?.kind !== "var") return undefined;
  const { type: array } = skipModifiers(btf, variable.type);
  return array.kind === "array" ? { section, array, offset: last.offset } : undefined;
}

function lengthOf(btf: Btf, { array, offset }: LastArray, size: number): number | undefined {
  const length = (size - offset) / (sizeOf(btf, array.type) ?? 0);
  return Number.isInteger(length) && length >= 0 ? length : undefined;
}

interface Change {
  readonly sectionId: number;
  readonly section: DataSecType;
  readonly array: ArrayType;
  readonly size: number;
}

/** Appends the array to the types, and lets the variable and the section know. */
function rewrite(btf: Btf, { sectionId, section, array, size }: Change): Btf {
  const header = readBtfHeader(btf.bytes, btf.what);
  const end = header.typesEnd;
  const bytes = new Uint8Array(btf.bytes.length + ARRAY_SIZE);
  bytes.set(btf.bytes.subarray(0, end));
  bytes.set(btf.bytes.subarray(end), end + ARRAY_SIZE);
  const view = new DataView(bytes.buffer);
  const add = (at: number, value: number): void => {
    view.setUint32(at, view.getUint32(at, btf.littleEndian) + value, btf.littleEndian);
  };
  const put = (at: number, ...words: number[]): void => {
    words.forEach((word, index) => {
      view.setUint32(at + index * 4, word, btf.littleEndian);
    });
  };
  add(TYPES_LENGTH_AT, ARRAY_SIZE);
  if (header.stringsStart >= end) add(STRINGS_AT, ARRAY_SIZE);
  if (header.layoutEnd > header.layoutStart && header.layoutStart >= end) add(LAYOUT_AT, ARRAY_SIZE);
  put(end, 0, ARRAY * 2 ** 24, 0, array.type, array.indexType, array.nelems);
  const last = section.vars.length - 1;
  const { type: variable = 0, offset = 0 } = section.vars[last] ?? {};
  put(btf.offsetOf(sectionId) + TYPE_SIZE + last * VAR_SECINFO_SIZE + 8, size - offset);
  put(btf.offsetOf(sectionId) + SIZE_AT, size);
  put(btf.offsetOf(variable) + SIZE_AT, btf.typeCount);
  return Btf.parse(bytes, { what: btf.what });
}
