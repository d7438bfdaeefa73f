import { Finished } from "./finished.ts";
import type { Limits } from "./limits.ts";
import { LAST_RANK, nameKeysOf, rankOf } from "./sort-keys.ts";
import { TypeHashes } from "./type-hashes.ts";
import type { TypeWords } from "./type-words.ts";

/**
 * The ids in the order in which bpftool writes them unless told otherwise (`sort_btf_c`): by what they lead to, then by
 * its name and their own, then by what they are made of, so that a header changes little from build to build.
 *
 * The first of them is missing: bpftool counts void among the types and begins behind the first, whichever that is. It is
 * written when something refers to it. Those for which nothing is written are missing, too, three quarters of a kernel's.
 */
export function sortedIds(types: TypeWords, limits: Limits): number[] {
  const ranks = new Uint8Array(types.typeCount).fill(LAST_RANK);
  const named: number[] = [];
  const last: number[] = [];
  for (let id = 1; id < types.typeCount; id++) {
    // Of the last rank, and nothing is written for it.
    if (types.kind(id) === "func") continue;
    const rank = rankOf(types, id, limits);
    ranks[id] = rank;
    if (rank === LAST_RANK) last.push(id);
    else named.push(id);
  }
  const hashes = new TypeHashes(types, limits);
  const sort = (ids: readonly number[]): Uint32Array => sortIds(types, Uint32Array.from(ids), ranks, hashes, limits);
  const sorted = sort(named);
  const finished = new Finished(types, limits, (id) => ranks[id] !== LAST_RANK && id !== sorted[0]);
  return [...sorted.subarray(1), ...sort(last.filter((id) => !finished.has(id)))];
}

function sortIds(
  types: TypeWords,
  ids: Uint32Array,
  ranks: Uint8Array,
  hashes: TypeHashes,
  limits: Limits,
): Uint32Array {
  const { names, ownNames } = nameKeysOf(types, ids, limits);
  const rank = ids.map((id) => ranks[id] ?? 0);
  // The last key first: counting keeps the order of what is equal, and at first that is the order of the ids.
  const order = [ownNames, names, rank].reduce(sortByKey, Uint32Array.from(ids.keys()));
  const areEqual = (a: number, b: number): boolean =>
    names[a] === names[b] && ownNames[a] === ownNames[b] && rank[a] === rank[b];
  const sorted = order.map((index) => ids[index] ?? 0);
  let start = 0;
  for (let end = 1; end <= order.length; end++) {
    if (end < order.length && areEqual(order[start] ?? 0, order[end] ?? 0)) continue;
    if (end - start > 1) sorted.set(hashes.sort([...sorted.subarray(start, end)]), start);
    start = end;
  }
  return sorted;
}

/** A counting sort of indexes by the keys at them: linear, and what is equal keeps its order. */
function sortByKey(indexes: Uint32Array, keys: Uint32Array): Uint32Array {
  const starts = new Uint32Array(largestOf(keys) + 2);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let key = 1; key < starts.length; key++) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  const sorted = new Uint32Array(indexes.length);
  for (const index of indexes) {
    const key = keys[index] ?? 0;
    const at = starts[key] ?? 0;
    sorted[at] = index;
    starts[key] = at + 1;
  }
  return sorted;
}

function largestOf(keys: Uint32Array): number {
  let largest = 0;
  for (const key of keys) if (key > largest) largest = key;
  return largest;
}
