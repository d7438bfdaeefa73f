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
  const byRank: number[][] = Array.from({ length: LAST_RANK }, () => []);
  const last: number[] = [];
  const ranks = new Uint8Array(types.typeCount).fill(LAST_RANK);
  for (let id = 1; id < types.typeCount; id++) {
    // Of the last rank, and nothing is written for it.
    if (types.kind(id) === "func") continue;
    const rank = rankOf(types, id, limits);
    ranks[id] = rank;
    (byRank[rank] ?? last).push(id);
  }
  const hashes = new TypeHashes(types, limits);
  const [first, ...sorted] = byRank.flatMap((ids) => sortRank(types, ids, hashes, limits));
  const finished = new Finished(types, limits, (id) => ranks[id] !== LAST_RANK && id !== first);
  const rest = last.filter((id) => !finished.has(id));
  return [...sorted, ...sortRank(types, rest, hashes, limits)];
}

function sortRank(types: TypeWords, unsorted: readonly number[], hashes: TypeHashes, limits: Limits): number[] {
  const ids = Uint32Array.from(unsorted);
  const { names, ownNames } = nameKeysOf(types, ids, limits);
  // The last key first: counting keeps the order of what is equal, and at first that is the order of the ids.
  const order = [ownNames, names].reduce(sortByKey, Uint32Array.from(ids.keys()));
  const areEqual = (a: number, b: number): boolean => names[a] === names[b] && ownNames[a] === ownNames[b];
  const runs: number[][] = [];
  let before = -1;
  for (const index of order) {
    const id = ids[index] ?? 0;
    if (before >= 0 && areEqual(before, index)) runs.at(-1)?.push(id);
    else runs.push([id]);
    before = index;
  }
  return runs.flatMap((run) => hashes.sort(run));
}

/** A counting sort of indexes by the keys at them: linear, and what is equal keeps its order. */
function sortByKey(indexes: Uint32Array, keys: Uint32Array): Uint32Array {
  const starts = new Uint32Array(keys.reduce((largest, key) => Math.max(largest, key), 0) + 2);
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
