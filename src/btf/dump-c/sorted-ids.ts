import { compareNames } from "./compare-names.ts";
import { Finished } from "./finished.ts";
import type { Limits } from "./limits.ts";
import { LAST_RANK, rankOf, sortNameOf } from "./sort-keys.ts";
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
  const compare = comparison(types, ranks, limits);
  const sorted = Uint32Array.from(named).sort(compare);
  const finished = new Finished(types, limits, (id) => ranks[id] !== LAST_RANK && id !== sorted[0]);
  const rest = Uint32Array.from(last.filter((id) => !finished.has(id))).sort(compare);
  return [...sorted.subarray(1), ...rest];
}

/** Which of two types comes first (bpftool: `btf_type_compare`); what is equal stays in the order of the ids. */
function comparison(types: TypeWords, ranks: Uint8Array, limits: Limits): (a: number, b: number) => number {
  const { strings, typeCount } = types;
  const hashes = new TypeHashes(types, limits);
  /** By id, with what decides nearly always: the rank, and how the name of what it leads to begins. */
  const keys = new Float64Array(typeCount);
  const names = new Uint32Array(typeCount);
  const keyOf = (id: number): number => {
    const known = keys[id] ?? 0;
    if (known > 0) return known;
    const name = sortNameOf(types, id, limits);
    names[id] = name;
    return (keys[id] = 1 + (ranks[id] ?? 0) * 2 ** 32 + firstBytes(strings, name));
  };
  return (a, b) =>
    keyOf(a) - keyOf(b) ||
    compareNames(strings, names[a] ?? 0, names[b] ?? 0, limits) ||
    compareNames(strings, types.nameOff(a), types.nameOff(b), limits) ||
    hashes.compare(a, b);
}

/** The first four bytes of a string as a number, in the order of their alphabet. */
function firstBytes(strings: Uint8Array, at: number): number {
  let bytes = 0;
  for (let i = 0; i < 4; i++) {
    const byte = strings[at + i] ?? 0;
    if (byte === 0) return bytes * 256 ** (4 - i);
    bytes = bytes * 256 + byte;
  }
  return bytes;
}
