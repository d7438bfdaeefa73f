import { compareNames } from "./compare-names.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

/**
 * Which occurrence of its name each name is: C knows one `struct x`, BTF any number of them, and the second one becomes
 * `struct x___2` (libbpf: `btf_dump_resolve_name`). Names are counted in the order in which they are first printed.
 */
export class UniqueNames {
  readonly #types: TypeWords;
  /** By id; 0 before it is known. */
  readonly #occurrences: Uint32Array;
  /** Structs, unions, enums. */
  readonly #tags: NameCounts;
  /** Typedefs and enumerators, which share a space of names in C. */
  readonly #identifiers: NameCounts;

  constructor(types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#occurrences = new Uint32Array(types.typeCount);
    // A kernel has one struct or enum for ten types, and one typedef or enumerator for three.
    this.#tags = new NameCounts(types, limits, types.typeCount / 8);
    this.#identifiers = new NameCounts(types, limits, types.typeCount / 2);
  }

  /** Of a struct, union, enum, or an integer, which libbpf counts among them. */
  ofTag(id: number): number {
    return this.#resolve(id, this.#tags);
  }

  ofTypedef(id: number): number {
    return this.#resolve(id, this.#identifiers);
  }

  /** Of an enumerator. To be asked once for each. */
  ofEnumerator(nameOff: number): number {
    return this.#identifiers.count(nameOff);
  }

  #resolve(id: number, names: NameCounts): number {
    const known = this.#occurrences[id] ?? 0;
    if (known > 0) return known;
    const occurrence = this.#isDeclarationOnly(id) ? 1 : names.count(this.#types.nameOff(id));
    this.#occurrences[id] = occurrence;
    return occurrence;
  }

  /** What may stand in C as often as it likes. */
  #isDeclarationOnly(id: number): boolean {
    if (this.#types.nameOff(id) === 0) return true;
    const kind = this.#types.kind(id);
    return kind === "fwd" || (kind === "enum" && this.#types.vlen(id) === 0);
  }
}

/** How often each name was counted: a hash table over the raw strings. Equal names can stand at several offsets. */
class NameCounts {
  readonly #strings: Uint8Array;
  readonly #limits: Limits;
  #used = 0;
  /** Name offset + 1 of each slot, 0 for a free one. */
  #names: Uint32Array;
  /** How often it was counted again. */
  #repeats: Uint32Array;

  /** Room for `expected` names and some more; it grows. */
  constructor({ strings }: TypeWords, limits: Limits, expected: number) {
    this.#strings = strings;
    this.#limits = limits;
    const slots = 2 ** Math.ceil(Math.log2(2 * expected + 1));
    this.#names = new Uint32Array(slots);
    this.#repeats = new Uint32Array(slots);
  }

  /** Counts the name and says the how many-th it was. */
  count(nameOff: number): number {
    const slot = this.#find(nameOff);
    if (this.#names[slot] !== 0) {
      const repeats = (this.#repeats[slot] ?? 0) + 1;
      this.#repeats[slot] = repeats;
      return repeats + 1;
    }
    this.#names[slot] = nameOff + 1;
    if (++this.#used * 2 > this.#names.length) this.#grow();
    return 1;
  }

  /** The slot of a name, or the free one where it goes. */
  #find(nameOff: number): number {
    const strings = this.#strings;
    const names = this.#names;
    const mask = names.length - 1;
    // FNV-1a (https://datatracker.ietf.org/doc/draft-eastlake-fnv/).
    let hash = 0x811c9dc5;
    let end = nameOff;
    for (let byte = strings[end] ?? 0; byte !== 0; byte = strings[++end] ?? 0)
      hash = Math.imul(hash ^ byte, 0x01000193);
    this.#limits.spend(end - nameOff);
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const other = (names[slot] ?? 0) - 1;
      if (other < 0 || other === nameOff || compareNames(strings, other, nameOff, this.#limits) === 0) return slot;
      this.#limits.spend(1);
    }
  }

  #grow(): void {
    const [names, repeats] = [this.#names, this.#repeats];
    this.#names = new Uint32Array(names.length * 2);
    this.#repeats = new Uint32Array(names.length * 2);
    for (let old = 0; old < names.length; old++) {
      const name = names[old] ?? 0;
      if (name === 0) continue;
      const slot = this.#find(name - 1);
      this.#names[slot] = name;
      this.#repeats[slot] = repeats[old] ?? 0;
    }
  }
}
