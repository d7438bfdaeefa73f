import { hostIsLittleEndian } from "../memory.ts";

/**
 * On x86 every load has acquire and every store release semantics. Node's Atomics are calls there, of 15 ns each, which
 * is as much as reading a small record takes; elsewhere they are needed.
 */
const isOrdered = process.arch === "x64";
/** Which half of a 64-bit number holds its low 32 bits in this machine's memory. */
const lowWord = hostIsLittleEndian ? 0 : 1;

/**
 * A position in a ring that both sides see: a 64-bit count of bytes that never goes back.
 *
 * Only differences and the place in the ring matter, and both are in the low 32 bits, for rings are smaller than 2 GiB:
 * so loops over records work on int32 and never make a bigint, which would cost more than the rest of them.
 */
export class RingPosition {
  readonly #words: Int32Array;
  readonly #long: BigInt64Array;
  #high = 0;

  /** `bytes` holds the position at byte `at`, a multiple of 8. */
  constructor(bytes: Uint8Array, at: number) {
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset + at, 2);
    this.#long = new BigInt64Array(bytes.buffer, bytes.byteOffset + at, 1);
  }

  /** All of it, as it is now. */
  get total(): bigint {
    return Atomics.load(this.#long, 0);
  }

  /** The low half of the other side's position: what it did before it wrote it can be read afterwards. */
  load(): number {
    return Atomics.load(this.#words, lowWord);
  }

  /** The low half of the own position, to go on from there. */
  resume(): number {
    this.#high = Atomics.load(this.#words, 1 - lowWord);
    return Atomics.load(this.#words, lowWord);
  }

  /** Moves the own position from `low` by `bytes`, and returns its new low half. */
  advance(low: number, bytes: number): number {
    const next = (low + bytes) | 0;
    if (next >>> 0 < low >>> 0) {
      this.#high = (this.#high + 1) | 0;
      Atomics.store(this.#long, 0, (BigInt(this.#high) << 32n) | BigInt(next >>> 0));
    } else {
      // The other half does not change, and one store of 32 bits is as atomic as one of 64.
      storeRelease(this.#words, lowWord, next);
    }
    return next;
  }
}

/** A word that somebody else writes last: what it says is there can be read afterwards. */
export function loadAcquire(words: Int32Array, index: number): number {
  return isOrdered ? (words[index] ?? 0) : Atomics.load(words, index);
}

/** Writes a word after everything that was written before it. */
function storeRelease(words: Int32Array, index: number, value: number): void {
  if (isOrdered) words[index] = value;
  else Atomics.store(words, index, value);
}
