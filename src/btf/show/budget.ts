import { CoreGenError } from "../../errors.ts";

/** More than any type of the kernel takes (the largest has 100,000 characters). */
const MAX_TEXT = 4_000_000;
const MAX_DEPTH = 40;

/** Counts what is printed: types that contain or refer to themselves, or to one another many times over, have no end. */
export class Budget {
  #left = MAX_TEXT;

  /** Notes that so many characters are printed, at this depth of nested types. */
  spend(characters: number, depth: number): void {
    this.#left -= characters + 1;
    if (this.#left >= 0 && depth <= MAX_DEPTH) return;
    throw new CoreGenError(
      "bad-btf",
      this.#left < 0
        ? `its declaration is longer than ${MAX_TEXT} characters`
        : `its declaration nests more than ${MAX_DEPTH} types`,
    );
  }
}
