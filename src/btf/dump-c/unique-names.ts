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
    this.#tags = new NameCounts(types, limits);
    this.#identifiers = new NameCounts(types, limits);
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
  #hashes: Uint32Array;
  #counts: Uint32Array;

  constructor({ strings, typeCount }: TypeWords, limits: Limits) {
    this.#strings = strings;
    this.#limits = limits;
    // As a rule there are fewer names of one space than half of all types.
    const slots = 2 ** Math.ceil(Math.log2(typeCount + 1));
    this.#names = new Uint32Array(slots);
    this.#hashes = new Uint32Array(slots);
    this.#counts = new Uint32Array(slots);
  }

  /** Counts the name and says the how many-th it was. */
  count(nameOff: number): number {
    if (this.#used * 2 > this.#names.length) this.#grow();
    const hash = this.#hash(nameOff);
    const slot = this.#find(nameOff, hash);
    if (this.#names[slot] === 0) {
      this.#used++;
      this.#names[slot] = nameOff + 1;
      this.#hashes[slot] = hash;
    }
    const count = (this.#counts[slot] ?? 0) + 1;
    this.#counts[slot] = count;
    return count;
  }

  /** The slot of a name, or the free one where it goes. */
  #find(nameOff: number, hash: number): number {
    const mask = this.#names.length - 1;
    let slot = hash & mask;
    for (;;) {
      const other = (this.#names[slot] ?? 0) - 1;
      if (other < 0 || other === nameOff) return slot;
      if (this.#hashes[slot] === hash && this.#areEqual(other, nameOff)) return slot;
      this.#limits.spend(1);
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [names, hashes, counts] = [this.#names, this.#hashes, this.#counts];
    const length = names.length * 2;
    this.#names = new Uint32Array(length);
    this.#hashes = new Uint32Array(length);
    this.#counts = new Uint32Array(length);
    for (let old = 0; old < names.length; old++) {
      const name = names[old] ?? 0;
      if (name === 0) continue;
      const hash = hashes[old] ?? 0;
      const slot = this.#find(name - 1, hash);
      this.#names[slot] = name;
      this.#hashes[slot] = hash;
      this.#counts[slot] = counts[old] ?? 0;
    }
  }

  /** FNV-1a (https://datatracker.ietf.org/doc/draft-eastlake-fnv/). */
  #hash(nameOff: number): number {
    let hash = 0x811c9dc5;
    let at = nameOff;
    for (; ; at++) {
      const byte = this.#strings[at] ?? 0;
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#limits.spend(at - nameOff);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #areEqual(a: number, b: number): boolean {
    let i = 0;
    while (this.#strings[a + i] === this.#strings[b + i] && this.#strings[a + i] !== 0) i++;
    return this.#strings[a + i] === this.#strings[b + i];
  }
}
