import { fieldsOf } from "../fields.ts";
import { kindOf } from "../index/offsets.ts";
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
  if (words[startA] !== words[startB] || words[startA + 1] !== words[startB + 1]) return false;
  const isId = idsOf(types.info(a));
  const length = types.end(a) - startA;
  for (let index = 2; index < length; index++)
    if (!isId(index) && words[startA + index] !== words[startB + index]) return false;
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
  const start = types.at(id);
  const isId = idsOf(types.info(id));
  let hash = 0;
  for (let at = start; at < types.end(id); at++) if (!isId(at - start)) hash = combine(hash, types.words[at] ?? 0);
  return hash;
}

function combine(hash: number, word: number): number {
  return (Math.imul(hash, 31) + word) | 0;
}

/** Which words of a type with that `info` are ids. */
function idsOf(info: number): (index: number) => boolean {
  const { third, once, element } = fieldsOf(kindOf(info)) ?? { third: "number", once: [], element: [] };
  return (index) => {
    if (index < 3) return index === 2 && third === "type";
    if (index - 3 < once.length) return once[index - 3] === "type";
    return element[(index - 3 - once.length) % element.length] === "type";
  };
}
