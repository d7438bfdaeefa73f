import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

const TWO_TO_32 = 0x1_0000_0000;

/** A 64-bit number in two halves: BigInts would take most of the time of a sort. */
interface Hash {
  readonly high: number;
  readonly low: number;
}

const nothing: Hash = { high: 0, low: 0 };

/** bpftool's numbers for what types are made of, which order types of equal names (`btf_type_disambig_hash`). */
export class TypeHashes {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  readonly #withMembers = new Map<number, Hash>();
  readonly #withoutMembers = new Map<number, Hash>();

  constructor(types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#limits = limits;
  }

  /** Negative when the first of two ids has the smaller hash. */
  compare(a: number, b: number): number {
    const left = this.#of(a, true);
    const right = this.#of(b, true);
    return left.high - right.high || left.low - right.low;
  }

  #of(id: number, withMembers: boolean): Hash {
    const known = withMembers ? this.#withMembers : this.#withoutMembers;
    const old = known.get(id);
    if (old !== undefined) return old;
    this.#limits.enter(id);
    const hash = this.#compute(id, withMembers);
    this.#limits.leave();
    known.set(id, hash);
    return hash;
  }

  #compute(id: number, withMembers: boolean): Hash {
    const types = this.#types;
    const hash = this.#addName(nothing, types.nameOff(id));
    switch (types.kind(id)) {
      case "enum":
        return this.#addNames(hash, id, 2);
      case "enum64":
        return this.#addNames(hash, id, 3);
      case "struct":
      case "union":
        return withMembers ? this.#addMembers(hash, id) : hash;
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        return add(hash, this.#of(types.target(id), withMembers));
      case "array":
        return add(add(hash, { high: 0, low: types.nelems(id) }), this.#of(types.target(id), withMembers));
      default:
        return hash;
    }
  }

  #addMembers(start: Hash, id: number): Hash {
    const types = this.#types;
    let hash = start;
    let at = types.elements(id);
    for (let left = types.vlen(id); left > 0; left--, at += 3)
      hash = add(this.#addName(hash, types.word(at)), this.#of(types.word(at + 1), false));
    return hash;
  }

  /** The names of enumerators, `length` words each. */
  #addNames(start: Hash, id: number, length: number): Hash {
    let hash = start;
    let at = this.#types.elements(id);
    for (let left = this.#types.vlen(id); left > 0; left--, at += length)
      hash = this.#addName(hash, this.#types.word(at));
    return hash;
  }

  #addName(hash: Hash, nameOff: number): Hash {
    return nameOff === 0 ? hash : add(hash, this.#ofName(nameOff));
  }

  /** libbpf's `str_hash`: `hash * 31 + character`, and characters are signed on the machine where it runs most. */
  #ofName(nameOff: number): Hash {
    const { strings } = this.#types;
    let high = 0;
    let low = 0;
    let at = nameOff;
    for (; ; at++) {
      const byte = strings[at] ?? 0;
      if (byte === 0) break;
      const isNegative = byte > 0x7f;
      const sum = low * 31 + (isNegative ? byte + 0xffff_ff00 : byte);
      high = (Math.imul(high, 31) + Math.floor(sum / TWO_TO_32) + (isNegative ? 0xffff_ffff : 0)) >>> 0;
      low = sum >>> 0;
    }
    this.#limits.spend(at - nameOff);
    return { high, low };
  }
}

/** `hash * 31 + value` of 64 bits (bpftool: `hasher`). */
function add(hash: Hash, value: Hash): Hash {
  const sum = hash.low * 31 + value.low;
  return { high: (Math.imul(hash.high, 31) + value.high + Math.floor(sum / TWO_TO_32)) >>> 0, low: sum >>> 0 };
}
