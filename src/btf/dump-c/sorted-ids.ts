import { kinds } from "../types.ts";
import { Finished } from "./finished.ts";
import type { Limits } from "./limits.ts";
import { NameSort } from "./name-sort.ts";
import { LAST_RANK, rankOf } from "./sort-keys.ts";
import type { TypeWords } from "./type-words.ts";

/**
 * The ids in the order in which bpftool writes them unless told otherwise (`sort_btf_c`): by what they lead to, then by
 * its name and their own, then by what they are made of, so that a header changes little from build to build.
 *
 * The first of them is missing: bpftool counts void among the types and begins behind the first, whichever that is. It is
 * written when something refers to it. Those for which nothing is written are missing, too, three quarters of a kernel's.
 */
export function sortedIds(types: TypeWords, limits: Limits): number[] {
  const sort = new NameSort(types, limits);
  const ranks = ranksOf(types, limits);
  const sorted: number[] = [];
  const isWritten = new Uint8Array(types.typeCount);
  for (let rank = 0; rank < LAST_RANK; rank++) {
    for (const id of sort.sorted(idsOfRank(ranks, rank))) {
      if (sorted.length > 0) isWritten[id] = 1;
      sorted.push(id);
    }
  }
  const [first] = sorted;
  const rest = new Finished(types, limits, isWritten).others().filter((id) => id !== first);
  for (const id of sort.sorted(rest)) sorted.push(id);
  return sorted.slice(1);
}

/** By id. */
function ranksOf(types: TypeWords, limits: Limits): Uint8Array {
  const { typeCount, words, starts, kindNumbers } = types;
  const ranks = new Uint8Array(typeCount).fill(LAST_RANK);
  for (let id = 1; id < typeCount; id++) {
    const kind = kindNumbers[id] ?? 0;
    // Pointers and functions are most of a kernel's types: they have no name, or lead nowhere.
    if (kind === FUNC || (hasRankByName[kind] === 1 && words[starts[id] ?? 0] === 0)) continue;
    ranks[id] = rankOf(types, id, limits);
  }
  return ranks;
}

const FUNC = kinds.indexOf("func");
/** Kinds that are of the last rank when they have no name. */
const hasRankByName = Uint8Array.from(kinds, (kind) => (/^(?:enum|enum64|int|float)$/u.test(kind) ? 0 : 1));

function idsOfRank(ranks: Uint8Array, rank: number): number[] {
  const ids = [];
  for (let id = ranks.indexOf(rank); id > 0; id = ranks.indexOf(rank, id + 1)) ids.push(id);
  return ids;
}
