import { LONGEST_NAME } from "../bytes.ts";

/**
 * A name without its flavour suffix: "task_struct___old" is "task_struct" in the flavour "old".
 *
 * The suffix begins at the last three underscores that have something other than an underscore on both sides
 * (libbpf: `bpf_core_essential_name_len`).
 */
export function essentialName(name: string): string {
  const match = /^(.*[^_])___[^_]/su.exec(name);
  return match?.[1] ?? name;
}

/** The string sections that name offsets count through: the base's first, then the BTF's own. */
export type StringSections = readonly [base: Uint8Array, own: Uint8Array];

/** How many bytes of a name are hashed: all of it would take most of the time of a program's start. */
const HASHED = 12;
const UNDERSCORE = 0x5f;

/**
 * Finds types by essential name: a hash table over the raw strings, without a string or an object per type.
 *
 * Types are chained in the order of their ids, so that candidates come in libbpf's order.
 */
export class NameIndex {
  readonly #strings: StringSections;
  readonly #nameOffsets: Uint32Array;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  /** `nameOffsets[i]` is where the name of type `i` begins in the strings; 0 is no name. */
  constructor(strings: StringSections, nameOffsets: Uint32Array) {
    const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(nameOffsets.length + 1)));
    this.#strings = strings;
    this.#nameOffsets = nameOffsets;
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#next = new Int32Array(nameOffsets.length);
    for (let index = nameOffsets.length - 1; index >= 0; index--) this.#insert(index);
  }

  /** The indexes of all types whose essential name may be `name`: a superset, to be compared with the real names. */
  *candidates(name: string): Generator<number> {
    const bytes = new TextEncoder().encode(name);
    if (bytes.length > LONGEST_NAME) return;
    let index = this.#heads[this.#hash(bytes, 0)] ?? -1;
    while (index >= 0) {
      if (this.#beginsWith(index, bytes)) yield index;
      index = this.#next[index] ?? -1;
    }
  }

  #insert(index: number): void {
    const offset = this.#nameOffsets[index] ?? 0;
    if (offset === 0) return;
    const base = this.#strings[0].length;
    const bucket = offset < base ? this.#hash(this.#strings[0], offset) : this.#hash(this.#strings[1], offset - base);
    this.#next[index] = this.#heads[bucket] ?? -1;
    this.#heads[bucket] = index;
  }

  /** Whether the name is `name`, or that and an underscore, with which a flavour begins. */
  #beginsWith(index: number, name: Uint8Array): boolean {
    const offset = this.#nameOffsets[index] ?? 0;
    const base = this.#strings[0].length;
    const [strings, start] = offset < base ? [this.#strings[0], offset] : [this.#strings[1], offset - base];
    for (let i = 0; i < name.length; i++) if (strings[start + i] !== name[i]) return false;
    const behind = strings[start + name.length];
    if (behind !== 0 && behind !== UNDERSCORE) return false;
    // A name that is longer than any is reported when its type is decoded, not by a search.
    return strings.subarray(start, start + LONGEST_NAME + 1).includes(0);
  }

  /**
   * FNV-1a (https://datatracker.ietf.org/doc/draft-eastlake-fnv/) of the name's first bytes, up to the first three
   * underscores: a name and the same name in a flavour have those in common.
   */
  #hash(bytes: Uint8Array, start: number): number {
    let hash = 0x811c9dc5;
    const end = Math.min(start + HASHED, bytes.length);
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === 0 || (byte === UNDERSCORE && bytes[at + 1] === UNDERSCORE && bytes[at + 2] === UNDERSCORE)) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
