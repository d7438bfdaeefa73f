import { vlenOf } from "../index/offsets.ts";
import { kinds, type BtfKind } from "../types.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

// 0 is what is not known yet.
const NO = 1;
const YES = 2;

/** What a kind's answer depends on: nothing, what it refers to, its members or parameters. */
const YES_ALWAYS = 0;
const NO_ALWAYS = 1;
const LIKE_TARGET = 2;
const LIKE_FUNCTION = 3;
const LIKE_MEMBERS = 4;

/**
 * Types for which nothing is left to write once some others are written: pointers to those, functions that take them,
 * structs without a name that are made of them.
 */
export class Finished {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  /** By id. */
  readonly #answers: Uint8Array;

  /** `isWritten` has a 1 for each type that is written, by id. */
  constructor(types: TypeWords, limits: Limits, isWritten: Uint8Array) {
    this.#types = types;
    this.#limits = limits;
    this.#answers = new Uint8Array(types.typeCount);
    this.#answers[0] = YES;
    for (let id = 1; id < types.typeCount; id++) if (isWritten[id] === 1) this.#answers[id] = YES;
  }

  /** The ids of those that are not, in ascending order. */
  others(): number[] {
    return this.#openIds().filter((id) => !this.has(id));
  }

  has(id: number): boolean {
    const known = this.#answers[id] ?? 0;
    if (known !== 0) return known === YES;
    this.#limits.enter(id);
    const answer = this.#needsNothing(id);
    this.#limits.leave();
    this.#answers[id] = answer ? YES : NO;
    return answer;
  }

  /**
   * Answers for nearly all types, those that only refer to ones that come before them or are written, in one loop without
   * calls. Returns the rest.
   */
  #openIds(): number[] {
    const { typeCount, words, starts, kindNumbers } = this.#types;
    const answers = this.#answers;
    const open = [];
    for (let id = 1; id < typeCount; id++) {
      if (answers[id] === YES) continue;
      const kind = kindNumbers[id] ?? 0;
      const start = starts[id] ?? 0;
      let isFinished = true;
      switch (dependencies[kind]) {
        case YES_ALWAYS:
          break;
        case LIKE_TARGET:
          isFinished = answers[words[start + (kind === ARRAY ? 3 : 2)] ?? 0] === YES;
          break;
        case LIKE_FUNCTION: {
          isFinished = answers[words[start + 2] ?? 0] === YES;
          let at = start + 4;
          for (let left = vlenOf(words[start + 1] ?? 0); isFinished && left > 0; left--, at += 2)
            isFinished = answers[words[at] ?? 0] === YES;
          break;
        }
        default:
          isFinished = false;
      }
      if (isFinished) answers[id] = YES;
      else open.push(id);
    }
    return open;
  }

  #needsNothing(id: number): boolean {
    const types = this.#types;
    switch (dependencies[types.kindNumbers[id] ?? 0]) {
      case YES_ALWAYS:
        return true;
      case LIKE_TARGET:
        return this.has(types.target(id));
      case LIKE_FUNCTION:
        return this.has(types.target(id)) && this.#hasAll(id, 2);
      case LIKE_MEMBERS:
        return types.nameOff(id) === 0 && this.#hasAll(id, 3);
      default:
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

const ARRAY = kinds.indexOf("array");
const dependencies = Uint8Array.from(kinds, dependencyOf);

function dependencyOf(kind: BtfKind): number {
  switch (kind) {
    case "void":
    case "int":
    case "float":
    case "func":
    case "var":
    case "datasec":
    case "decl_tag":
      return YES_ALWAYS;
    case "ptr":
    case "array":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return LIKE_TARGET;
    case "func_proto":
      return LIKE_FUNCTION;
    case "struct":
    case "union":
      return LIKE_MEMBERS;
    case "enum":
    case "enum64":
    case "fwd":
    case "typedef":
      return NO_ALWAYS;
  }
}
