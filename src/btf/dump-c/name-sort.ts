import { compareNames } from "./compare-names.ts";
import type { Limits } from "./limits.ts";
import { sortNameOf } from "./sort-keys.ts";
import { TypeHashes } from "./type-hashes.ts";
import type { TypeWords } from "./type-words.ts";

/** How many bytes of a name are looked at in one go. */
const STEP = 4;
/** Names that are the same for longer are compared one with another. */
const LONGEST_START = 64;
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
    else if (from > LONGEST_START) this.#sortByComparing(ids);
    else this.#sortByNumber(ids, names, from);
  }

  #sortByNumber(ids: Uint32Array, names: Uint32Array, from: number): void {
    const { strings } = this.#types;
    const count = ids.length;
    // Numbers of 64 bits in two halves: four bytes of the name, then the place, which keeps the order of what is equal.
    const keys = new BigUint64Array(count);
    const halves = new Int32Array(keys.buffer);
    for (let index = 0; index < count; index++) {
      halves[index * 2 + UPPER] = nextBytes(strings, (names[index] ?? 0) + from);
      halves[index * 2 + LOWER] = index;
    }
    keys.sort();
    const [oldIds, oldNames] = [ids.slice(), names.slice()];
    let groupStart = 0;
    let groupBytes = halves[UPPER] ?? 0;
    for (let index = 0; index < count; index++) {
      const old = halves[index * 2 + LOWER] ?? 0;
      ids[index] = oldIds[old] ?? 0;
      names[index] = oldNames[old] ?? 0;
      const bytes = halves[index * 2 + UPPER] ?? 0;
      if (bytes === groupBytes) continue;
      this.#sortGroup(ids, names, groupStart, index, from);
      groupStart = index;
      groupBytes = bytes;
    }
    this.#sortGroup(ids, names, groupStart, count, from);
  }

  /** Sorts those from `start` to `end`, whose names have the same four bytes at `from`. */
  #sortGroup(ids: Uint32Array, names: Uint32Array, start: number, end: number, from: number): void {
    if (end - start < 2) return;
    const groupIds = ids.subarray(start, end);
    const groupNames = names.subarray(start, end);
    const hasEnded = (nextBytes(this.#types.strings, (names[start] ?? 0) + from) & 0xff) === 0;
    if (!hasEnded) this.#sort(groupIds, groupNames, from + STEP);
    else if (end - start <= FEW) this.#insert(groupIds, groupNames);
    else this.#sortByComparing(groupIds);
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

/** The next four bytes of a string as 32 bits, the first one uppermost; behind its end are zeros. */
function nextBytes(strings: Uint8Array, at: number): number {
  const first = strings[at] ?? 0;
  const second = first === 0 ? 0 : (strings[at + 1] ?? 0);
  const third = second === 0 ? 0 : (strings[at + 2] ?? 0);
  const fourth = third === 0 ? 0 : (strings[at + 3] ?? 0);
  return (first << 24) | (second << 16) | (third << 8) | fourth;
}

/** Which half of a 64-bit number is which on this machine. */
const LOWER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const UPPER = 1 - LOWER;
