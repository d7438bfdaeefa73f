import { fieldsOf } from "../fields.ts";
import { kindOf } from "../index/offsets.ts";
import { kinds } from "../types.ts";
import type { RawTypes } from "./raw-types.ts";

/*
 * Two ways to be the same: word for word, or in all but the ids. The second is asked while it isn't settled which ids are
 * the same type. A hash goes with each.
 */

/** Word for word (libbpf: `btf_equal_common`, `btf_equal_int_tag`, `btf_equal_enum`, `btf_equal_array`, `btf_equal_fnproto`). */
export function isSame(types: RawTypes, a: number, b: number): boolean {
  const { words } = types;
  const [startA, startB] = [types.at(a), types.at(b)];
  const length = types.end(a) - startA;
  if (length !== types.end(b) - startB) return false;
  for (let index = 0; index < length; index++) if (words[startA + index] !== words[startB + index]) return false;
  return true;
}

/** In all but the ids (libbpf: `btf_shallow_equal_struct`, `btf_equal_typedef`, `btf_compat_array`, `btf_compat_fnproto`). */
export function hasSameShape(types: RawTypes, a: number, b: number): boolean {
  const { words } = types;
  const [startA, startB] = [types.at(a), types.at(b)];
  // The same name, kind and number of elements: the same length.
  if (words[startA] !== words[startB] || words[startA + 1] !== words[startB + 1]) return false;
  const mask = shapeMasks[kindOf(types.info(a))] ?? everything;
  if (mask.third && words[startA + 2] !== words[startB + 2]) return false;
  const length = types.end(a) - startA;
  for (let index = 3; index < length; index++)
    if (isShape(mask, index) && words[startA + index] !== words[startB + index]) return false;
  return true;
}

/** An enum without values is `enum name;`, of either size. Two enums are compatible when they are the same or one is that (`btf_compat_enum`). */
export function areCompatibleEnums(types: RawTypes, a: number, b: number): boolean {
  if (!isEnum(types, a) || !isEnum(types, b)) return false;
  if (types.vlen(a) > 0 && types.vlen(b) > 0) return isSame(types, a, b);
  return types.name(a) === types.name(b);
}

function isEnum(types: RawTypes, id: number): boolean {
  const kind = types.kind(id);
  return kind === "enum" || kind === "enum64";
}

/** The same for types that {@link isSame} holds for. */
export function hashOf(types: RawTypes, id: number): number {
  let hash = 0;
  for (let at = types.at(id); at < types.end(id); at++) hash = combine(hash, types.words[at] ?? 0);
  return hash;
}

/** The same for types that {@link hasSameShape} holds for. */
export function hashOfShape(types: RawTypes, id: number): number {
  const { words } = types;
  const start = types.at(id);
  const length = types.end(id) - start;
  const mask = shapeMasks[kindOf(types.info(id))] ?? everything;
  let hash = combine(words[start] ?? 0, words[start + 1] ?? 0);
  if (mask.third) hash = combine(hash, words[start + 2] ?? 0);
  for (let index = 3; index < length; index++)
    if (isShape(mask, index)) hash = combine(hash, words[start + index] ?? 0);
  return hash;
}

function combine(hash: number, word: number): number {
  return (Math.imul(hash, 31) + word) | 0;
}

/** Which words of a kind are no ids: what `fieldsOf` says, in a form that is quick to ask. */
interface ShapeMask {
  readonly third: boolean;
  readonly once: readonly boolean[];
  readonly element: readonly boolean[];
}

const everything: ShapeMask = { third: true, once: [], element: [] };

const shapeMasks: readonly ShapeMask[] = kinds.map((_, kind) => {
  const { third, once, element } = fieldsOf(kind) ?? { third: "number", once: [], element: [] };
  return {
    third: third !== "type",
    once: once.map((word) => word !== "type"),
    element: element.map((word) => word !== "type"),
  };
});

function isShape({ once, element }: ShapeMask, index: number): boolean {
  const behind = index - 3;
  return behind < once.length ? once[behind] === true : element[(behind - once.length) % element.length] === true;
}
