import { CoreGenError } from "../../errors.ts";

/** No compiler writes types that are nested deeper; each level is a few frames of the stack. */
const DEEPEST = 400;
/** Kernels and objects take less than half a step per byte. */
const STEPS_PER_BYTE = 4;
const STEPS_AT_LEAST = 1 << 18;

/**
 * What hostile BTF must not get: it can refer to itself, nest without end, and a few bytes of it can stand for more text
 * than there is memory. libbpf has no such limits (its stack overflows).
 */
export class Limits {
  readonly #what: string;
  #steps: number;
  #depth = 0;

  /** `size` is how many bytes of BTF there are. */
  constructor(what: string, size: number) {
    this.#what = what;
    this.#steps = STEPS_AT_LEAST + STEPS_PER_BYTE * size;
  }

  /** Goes one level deeper, to type `id`; {@link leave} comes back. */
  enter(id: number): void {
    this.spend(1);
    if (++this.#depth > DEEPEST) this.fail(`type [${id}] is nested more than ${DEEPEST} levels deep, or in itself`);
  }

  leave(): void {
    this.#depth--;
  }

  /** Counts work that has no other bound. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) this.fail("the types are so entangled that writing them as C has no end");
  }

  fail(problem: string): never {
    throw new CoreGenError("bad-btf", `${this.#what}: ${problem}`);
  }
}
