import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import { withPlace } from "../value-checks.ts";

/** Room for one key or value on its way to the kernel or back. */
export class Slot<T> {
  readonly bytes: Uint8Array;
  readonly #memory: Memory;
  readonly #codec: Codec<T>;
  readonly #what: string;

  /** `what` is named in errors: `key of map "counts"`. */
  constructor(codec: Codec<T>, what: string) {
    this.bytes = new Uint8Array(codec.size);
    this.#memory = new Memory(this.bytes);
    this.#codec = codec;
    this.#what = what;
  }

  /** The bytes of `value`. Throws a RangeError or TypeError that says which value doesn't fit what. */
  put(value: T): Uint8Array {
    try {
      this.#codec.write(this.#memory, 0, value);
    } catch (error) {
      throw withPlace(error, this.#what);
    }
    return this.bytes;
  }

  /** The value that the bytes hold. */
  take(): T {
    return this.#codec.read(this.#memory, 0);
  }
}
