import { LONGEST_NAME } from "../bytes.ts";

/**
 * The length of a name without its flavour suffix: "task_struct___old" is "task_struct" in the flavour "old".
 *
 * The suffix begins at the last three underscores that have something other than an underscore on both sides
 * (libbpf: `bpf_core_essential_name_len`).
 */
export function essentialLength(name: Uint8Array, start: number, end: number): number {
  for (let at = end - 5; at >= start; at--) {
    if (isFlavourSeparator(name, at)) return at + 1 - start;
  }
  return end - start;
}

const UNDERSCORE = 0x5f;

function isFlavourSeparator(name: Uint8Array, at: number): boolean {
  return (
    name[at] !== UNDERSCORE &&
    name[at + 1] === UNDERSCORE &&
    name[at + 2] === UNDERSCORE &&
    name[at + 3] === UNDERSCORE &&
    name[at + 4] !== UNDERSCORE
  );
}

/** A name without its flavour suffix. */
export function essentialName(name: string): string {
  const match = /^(.*[^_])___[^_]/su.exec(name);
  return match?.[1] ?? name;
}

/** The string sections that name offsets count through: the base's first, then the BTF's own. */
export type StringSections = readonly [base: Uint8Array, own: Uint8Array];

/**
 * Whether no string is longer than a name, looked at in steps of that length.
 *
 * Hostile BTF may have one endless string and thousands of names that begin in it: then no search for an end may go far.
 */
function hasShortStrings(strings: Uint8Array): boolean {
  let at = 0;
  while (strings.length - at > LONGEST_NAME) {
    const nul = strings.lastIndexOf(0, at + LONGEST_NAME);
    if (nul < at) return false;
    at = nul + 1;
  }
  return true;
}

function endOfString(strings: Uint8Array, start: number): number | undefined {
  const end = strings.indexOf(0, start);
  return end < 0 ? undefined : end;
}

/** The same, but not further away than a name is long. */
function endOfShortString(strings: Uint8Array, start: number): number | undefined {
  const end = strings.subarray(start, start + LONGEST_NAME + 1).indexOf(0);
  return end < 0 ? undefined : start + end;
}

/**
 * Finds types by essential name: a hash table over the raw strings, without a string or an object per type.
 *
 * Types are chained in the order of their ids, so that candidates come in libbpf's order.
 */
export class NameIndex {
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;
  readonly #endOf: (strings: Uint8Array, start: number) => number | undefined;

  /** `nameOffsets[i]` is where the name of type `i` begins in the strings; 0 is no name. */
  constructor(strings: StringSections, nameOffsets: Uint32Array) {
    const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(nameOffsets.length + 1)));
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#next = new Int32Array(nameOffsets.length);
    this.#endOf = strings.every(hasShortStrings) ? endOfString : endOfShortString;
    for (let index = nameOffsets.length - 1; index >= 0; index--) this.#insert(strings, index, nameOffsets[index] ?? 0);
  }

  /** The indexes of all types whose essential name may be `name`: a superset, to be compared with the real names. */
  *candidates(name: string): Generator<number> {
    const bytes = new TextEncoder().encode(name);
    let index = this.#heads[this.#hash(bytes, 0, bytes.length)] ?? -1;
    while (index >= 0) {
      yield index;
      index = this.#next[index] ?? -1;
    }
  }

  #insert([base, own]: StringSections, index: number, nameOffset: number): void {
    if (nameOffset === 0) return;
    const strings = nameOffset < base.length ? base : own;
    const start = nameOffset < base.length ? nameOffset : nameOffset - base.length;
    const end = this.#endOf(strings, start);
    // A name offset past the strings, and a name that is too long, are reported when the type is decoded.
    if (end === undefined) return;
    const bucket = this.#hash(strings, start, start + essentialLength(strings, start, end));
    this.#next[index] = this.#heads[bucket] ?? -1;
    this.#heads[bucket] = index;
  }

  /** FNV-1a: https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
