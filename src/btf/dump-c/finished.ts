import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

const NO = 1;
const YES = 2;

/**
 * Types for which nothing is left to write once some others are written: pointers to those, functions that take them,
 * structs without a name that are made of them.
 */
export class Finished {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  readonly #isWritten: (id: number) => boolean;
  /** By id, 0 before it is known. */
  readonly #answers: Uint8Array;

  constructor(types: TypeWords, limits: Limits, isWritten: (id: number) => boolean) {
    this.#types = types;
    this.#limits = limits;
    this.#isWritten = isWritten;
    this.#answers = new Uint8Array(types.typeCount);
  }

  has(id: number): boolean {
    const known = this.#answers[id] ?? 0;
    if (known !== 0) return known === YES;
    this.#limits.enter(id);
    const answer = this.#isWritten(id) || this.#needsNothing(id);
    this.#limits.leave();
    this.#answers[id] = answer ? YES : NO;
    return answer;
  }

  #needsNothing(id: number): boolean {
    const types = this.#types;
    switch (types.kind(id)) {
      case "void":
      case "int":
      case "float":
      case "func":
      case "var":
      case "datasec":
      case "decl_tag":
        return true;
      case "ptr":
      case "array":
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        return this.has(types.target(id));
      case "func_proto":
        return this.has(types.target(id)) && this.#hasAll(id, 2);
      case "struct":
      case "union":
        return types.nameOff(id) === 0 && this.#hasAll(id, 3);
      case "enum":
      case "enum64":
      case "fwd":
      case "typedef":
        return false;
    }
  }

  /** The types of members or parameters, elements of `length` words. */
  #hasAll(id: number, length: number): boolean {
    const types = this.#types;
    const start = types.elements(id);
    const end = start + types.vlen(id) * length;
    for (let at = start; at < end; at += length) if (!this.has(types.word(at + 1))) return false;
    return true;
  }
}
