import type { Limits } from "./limits.ts";
import { compareNames, sortNames } from "./sort-names.ts";
import { TypeHashes } from "./type-hashes.ts";
import type { TypeWords } from "./type-words.ts";

/** Behind everything that has a name (bpftool: `btf_type_rank`). */
const LAST_RANK = 10;

/**
 * The ids in the order in which bpftool writes them unless told otherwise (`sort_btf_c`): by what they lead to, enums
 * before integers before structs before functions, then by name, so that a kernel's header changes little with its build.
 *
 * The first of them is missing: bpftool counts void among the types and begins behind the first, whichever that is. It is
 * written when something refers to it. Functions are missing, too, because nothing is written for them.
 */
export function sortedIds(types: TypeWords, limits: Limits): Uint32Array {
  const all = idsButFunctions(types);
  const keys = sortKeysOf(types, all, limits);
  // The last key first: counting keeps the order of what is equal, and at first that is the order of the ids.
  const sorted = [keys.ownNames, keys.names, keys.ranks].reduce(sortByKey, all);
  sortTies(sorted, keys, new TypeHashes(types, limits));
  return sorted.subarray(1);
}

function idsButFunctions(types: TypeWords): Uint32Array {
  const ids = new Uint32Array(types.typeCount);
  let count = 0;
  for (let id = 0; id < types.typeCount; id++) if (types.kind(id) !== "func") ids[count++] = id;
  return ids.subarray(0, count);
}

/** What is sorted by, by id; of names the places in the alphabet of all. */
interface SortKeys {
  readonly ranks: Uint32Array;
  readonly names: Uint32Array;
  readonly ownNames: Uint32Array;
}

function sortKeysOf(types: TypeWords, ids: Uint32Array, limits: Limits): SortKeys {
  const ranks = new Uint32Array(types.typeCount);
  const names = new Uint32Array(types.typeCount);
  const ownNames = new Uint32Array(types.typeCount);
  for (const id of ids) {
    ranks[id] = rankOf(types, id, limits);
    names[id] = sortNameOf(types, id, limits);
    ownNames[id] = types.nameOff(id);
  }
  const places = alphabet(types.strings, [names, ownNames], limits);
  for (const id of ids) {
    names[id] = places[names[id] ?? 0] ?? 0;
    ownNames[id] = places[ownNames[id] ?? 0] ?? 0;
  }
  return { ranks, names, ownNames };
}

function rankOf(types: TypeWords, id: number, limits: Limits): number {
  let hasName = false;
  for (let at = id; ; at = types.target(at)) {
    limits.spend(1);
    hasName ||= types.nameOff(at) !== 0;
    switch (types.kind(at)) {
      case "enum":
      case "enum64":
        return hasName ? 1 : 0;
      case "int":
      case "float":
        return 2;
      case "struct":
      case "union":
        return hasName ? 3 : LAST_RANK;
      case "func_proto":
        return hasName ? 4 : LAST_RANK;
      case "array":
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        if (!hasName) return LAST_RANK;
        break;
      default:
        return LAST_RANK;
    }
  }
}

/** The offset of the name of what a type leads to; an enum without a name goes by its first value (bpftool: `btf_type_sort_name`). */
function sortNameOf(types: TypeWords, id: number, limits: Limits): number {
  for (let at = id; ; at = types.target(at)) {
    limits.spend(1);
    switch (types.kind(at)) {
      case "array":
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        break;
      case "enum":
      case "enum64":
        if (at === id && types.nameOff(at) === 0 && types.vlen(at) > 0) return types.word(types.elements(at));
        return types.nameOff(at);
      default:
        return types.nameOff(at);
    }
  }
}

/** The place of each name in the alphabet, by its offset; equal names have the same. */
function alphabet(strings: Uint8Array, used: readonly Uint32Array[], limits: Limits): Uint32Array {
  const places = new Uint32Array(strings.length);
  const offsets: number[] = [];
  for (const names of used) {
    for (const offset of names) {
      if (places[offset] === 0) offsets.push(offset);
      places[offset] = 1;
    }
  }
  const sorted = Uint32Array.from(offsets);
  sortNames(strings, sorted, limits);
  let place = 0;
  sorted.forEach((offset, index) => {
    if (index > 0 && compareNames(strings, sorted[index - 1] ?? 0, offset) !== 0) place++;
    places[offset] = place;
  });
  return places;
}

/** A counting sort: linear, and what is equal keeps its order. */
function sortByKey(ids: Uint32Array, keys: Uint32Array): Uint32Array {
  const starts = new Uint32Array(keys.reduce((largest, key) => (key > largest ? key : largest), 0) + 2);
  for (const id of ids) {
    const behind = (keys[id] ?? 0) + 1;
    starts[behind] = (starts[behind] ?? 0) + 1;
  }
  for (let key = 1; key < starts.length; key++) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  const sorted = new Uint32Array(ids.length);
  for (const id of ids) {
    const key = keys[id] ?? 0;
    const at = starts[key] ?? 0;
    sorted[at] = id;
    starts[key] = at + 1;
  }
  return sorted;
}

/** Types with equal ranks and names are sorted by what they are made of. */
function sortTies(ids: Uint32Array, { ranks, names, ownNames }: SortKeys, hashes: TypeHashes): void {
  const areEqual = (a: number, b: number): boolean =>
    ranks[a] === ranks[b] && names[a] === names[b] && ownNames[a] === ownNames[b];
  let start = 0;
  for (let end = 1; end <= ids.length; end++) {
    if (end < ids.length && areEqual(ids[start] ?? 0, ids[end] ?? 0)) continue;
    if (end - start > 1) sortByHash(ids.subarray(start, end), hashes);
    start = end;
  }
}

function sortByHash(ids: Uint32Array, hashes: TypeHashes): void {
  const others: number[] = [];
  let zeros = 0;
  // Half of all types are functions without names, which need no sorting.
  for (const id of ids) {
    if (hashes.isZero(id)) ids[zeros++] = id;
    else others.push(id);
  }
  ids.set(
    others.sort((a, b) => hashes.compare(a, b)),
    zeros,
  );
}
