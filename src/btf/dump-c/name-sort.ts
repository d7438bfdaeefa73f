import { compareNames } from "./compare-names.ts";
import type { Limits } from "./limits.ts";
import { sortNameOf } from "./sort-keys.ts";
import { TypeHashes } from "./type-hashes.ts";
import type { TypeWords } from "./type-words.ts";

/** How many bytes of a name are looked at in one go. */
const STEP = 4;
/** Names that are the same for longer are compared one with another. */
const LONGEST_START = 64;
/** A number that a float holds exactly has 21 bits behind four bytes of a name. */
const MOST = 2 ** 21;
/** Where numbers are not worth the trouble. */
const FEW = 8;

/**
 * Sorts types of one rank (bpftool: `btf_type_compare`); what is equal stays in the order of the ids.
 *
 * Calling a function for each pair would take most of the time: the beginnings of the names are sorted as numbers first,
 * which the engine does by itself, then those of each group that begins the same by the next four bytes, and so on.
 */
export class NameSort {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  readonly #hashes: TypeHashes;

  constructor(types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#limits = limits;
    this.#hashes = new TypeHashes(types, limits);
  }

  /** The ids, which are in ascending order, in bpftool's. */
  sorted(ids: readonly number[]): Uint32Array {
    const sorted = Uint32Array.from(ids);
    const names = new Uint32Array(sorted.length);
    for (let index = 0; index < names.length; index++)
      names[index] = sortNameOf(this.#types, sorted[index] ?? 0, this.#limits);
    this.#sort(sorted, names, 0);
    return sorted;
  }

  /** Sorts ids and the offsets of their names, which are the same in the first `from` bytes. */
  #sort(ids: Uint32Array, names: Uint32Array, from: number): void {
    if (ids.length <= FEW) this.#insert(ids, names);
    else if (from > LONGEST_START || ids.length > MOST) this.#sortByComparing(ids);
    else this.#sortByNumber(ids, names, from);
  }

  #sortByNumber(ids: Uint32Array, names: Uint32Array, from: number): void {
    const { strings } = this.#types;
    const count = ids.length;
    const keys = new Float64Array(count);
    for (let index = 0; index < count; index++)
      keys[index] = nextBytes(strings, (names[index] ?? 0) + from) * MOST + index;
    keys.sort();
    const [oldIds, oldNames] = [ids.slice(), names.slice()];
    let groupStart = 0;
    let groupBytes = -1;
    for (let index = 0; index < count; index++) {
      const key = keys[index] ?? 0;
      const bytes = Math.floor(key / MOST);
      const old = key - bytes * MOST;
      ids[index] = oldIds[old] ?? 0;
      names[index] = oldNames[old] ?? 0;
      if (bytes === groupBytes) continue;
      this.#sortGroup(ids.subarray(groupStart, index), names.subarray(groupStart, index), groupBytes, from);
      groupStart = index;
      groupBytes = bytes;
    }
    this.#sortGroup(ids.subarray(groupStart), names.subarray(groupStart), groupBytes, from);
  }

  /** Sorts those whose names have the same bytes at `from`. */
  #sortGroup(ids: Uint32Array, names: Uint32Array, bytes: number, from: number): void {
    if (ids.length < 2) return;
    // The last byte is 0 where the name has ended.
    if (bytes % 256 !== 0) this.#sort(ids, names, from + STEP);
    else if (ids.length <= FEW) this.#insert(ids, names);
    else this.#sortByComparing(ids);
  }

  #insert(ids: Uint32Array, names: Uint32Array): void {
    for (let end = 1; end < ids.length; end++) {
      const id = ids[end] ?? 0;
      const name = names[end] ?? 0;
      let at = end;
      for (; at > 0 && this.#compare(ids[at - 1] ?? 0, names[at - 1] ?? 0, id, name) > 0; at--) {
        ids[at] = ids[at - 1] ?? 0;
        names[at] = names[at - 1] ?? 0;
      }
      ids[at] = id;
      names[at] = name;
    }
  }

  #sortByComparing(ids: Uint32Array): void {
    const nameOf = (id: number): number => sortNameOf(this.#types, id, this.#limits);
    ids.sort((a, b) => this.#compare(a, nameOf(a), b, nameOf(b)));
  }

  #compare(a: number, nameOfA: number, b: number, nameOfB: number): number {
    const types = this.#types;
    return (
      compareNames(types.strings, nameOfA, nameOfB, this.#limits) ||
      compareNames(types.strings, types.nameOff(a), types.nameOff(b), this.#limits) ||
      this.#hashes.compare(a, b)
    );
  }
}

/** The next four bytes of a string as a number, in the order of their alphabet; behind its end are zeros. */
function nextBytes(strings: Uint8Array, at: number): number {
  const first = strings[at] ?? 0;
  const second = first === 0 ? 0 : (strings[at + 1] ?? 0);
  const third = second === 0 ? 0 : (strings[at + 2] ?? 0);
  const fourth = third === 0 ? 0 : (strings[at + 3] ?? 0);
  return ((first * 256 + second) * 256 + third) * 256 + fourth;
}
