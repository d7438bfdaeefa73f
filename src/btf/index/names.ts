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

const UNDERSCORE = 0x5f;

/**
 * A number that a name and the same name in a flavour have in common, of its first three bytes. An underscore counts as
 * the end, as one may begin a flavour; the first byte never does, and what is behind an end counts for nothing.
 */
export function nameKey(strings: Uint8Array, start: number): number {
  const second = strings[start + 1] ?? 0;
  const third = second === 0 ? 0 : (strings[start + 2] ?? 0);
  const first = strings[start] ?? 0;
  return (first + 37 * (second === UNDERSCORE ? 0 : second) + 1369 * (third === UNDERSCORE ? 0 : third)) & 0xffff;
}

/**
 * Finds types by essential name in the raw strings, without a string or an object per type.
 *
 * There is a {@link nameKey} per type and no table by key: searching 100,000 short numbers for one takes less than a
 * tenth of a millisecond, and few names are ever asked for.
 */
export class NameIndex {
  readonly #strings: StringSections;
  readonly #keys: Uint16Array;
  readonly #nameOffset: (index: number) => number;

  /** `nameOffset` says where the name of a type begins in the strings; 0 is no name. */
  constructor(strings: StringSections, keys: Uint16Array, nameOffset: (index: number) => number) {
    this.#strings = strings;
    this.#keys = keys;
    this.#nameOffset = nameOffset;
  }

  /** The indexes of all types whose essential name may be `name`, ascending: a superset, to be compared with the real names. */
  *candidates(name: string): Generator<number> {
    const bytes = new TextEncoder().encode(name);
    if (bytes.length > LONGEST_NAME) return;
    const key = nameKey(bytes, 0);
    for (let index = this.#keys.indexOf(key); index >= 0; index = this.#keys.indexOf(key, index + 1)) {
      if (this.#beginsWith(index, bytes)) yield index;
    }
  }

  /** Whether the name is `name`, or that and an underscore, with which a flavour begins. */
  #beginsWith(index: number, name: Uint8Array): boolean {
    const offset = this.#nameOffset(index);
    if (offset === 0) return false;
    const base = this.#strings[0].length;
    const strings = this.#strings[offset < base ? 0 : 1];
    const start = offset < base ? offset : offset - base;
    for (let i = 0; i < name.length; i++) if (strings[start + i] !== name[i]) return false;
    const behind = strings[start + name.length];
    if (behind !== 0 && behind !== UNDERSCORE) return false;
    // A name that is longer than any is reported when its type is decoded, not by a search.
    return strings.subarray(start, start + LONGEST_NAME + 1).includes(0);
  }
}
