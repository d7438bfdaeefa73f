import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

// 0 is what was not looked at yet.
const BEING_ORDERED = 1;
const ORDERED = 2;

/**
 * In which order types must be defined so that C takes them (libbpf: `btf_dump_order_type`).
 *
 * A struct that is inside another one is defined before it: a strong dependency. Behind a pointer a declaration is enough
 * for what has a name: a weak one. Behind a pointer to a struct without a name, whose body is written in place, what is
 * inside counts as strong again.
 */
export class EmitOrder {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  readonly #states: Uint8Array;
  /** One list for all answers: of a kernel, nearly every one has one type in it. */
  readonly #queue: number[] = [];

  constructor(types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#limits = limits;
    this.#states = new Uint8Array(types.typeCount);
    this.#states[0] = ORDERED;
  }

  /**
   * What must be defined for this type, itself included, and has not been in an answer yet; in the order to define it.
   * The list is good until the next question.
   */
  before(id: number): readonly number[] {
    this.#queue.length = 0;
    if (this.#states[id] !== ORDERED) this.#order(id, false);
    return this.#queue;
  }

  /** Whether the dependency on this type is a strong one. */
  #order(id: number, throughPointer: boolean): boolean {
    const state = this.#states[id];
    if (state === ORDERED) return true;
    const types = this.#types;
    const kind = types.kind(id);
    if (state === BEING_ORDERED) {
      if (throughPointer && types.nameOff(id) !== 0) return false;
      types.fail(`the ${kind} [${id}] is inside itself, C can't say that`);
    }
    this.#limits.enter(id);
    const isStrong = this.#orderNew(id, kind, throughPointer);
    this.#limits.leave();
    return isStrong;
  }

  #orderNew(id: number, kind: ReturnType<TypeWords["kind"]>, throughPointer: boolean): boolean {
    const types = this.#types;
    switch (kind) {
      case "int":
      case "float":
      case "func":
      case "var":
      case "datasec":
      case "decl_tag":
        this.#states[id] = ORDERED;
        return false;
      case "ptr": {
        const isStrong = this.#order(types.target(id), true);
        this.#states[id] = ORDERED;
        return isStrong;
      }
      case "array":
        return this.#orderTarget(id, false);
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
        return this.#orderTarget(id, throughPointer);
      case "struct":
      case "union":
        return this.#orderComposite(id, throughPointer);
      case "enum":
      case "enum64":
      case "fwd":
        // An enum without a name that nothing refers to is there for its constants.
        if (types.nameOff(id) !== 0 || !types.isReferenced(id)) this.#queue.push(id);
        this.#states[id] = ORDERED;
        return true;
      case "typedef":
        if (!this.#order(types.target(id), throughPointer) && throughPointer) return false;
        this.#queue.push(id);
        this.#states[id] = ORDERED;
        return true;
      case "func_proto":
        return this.#orderFunction(id, throughPointer);
      case "void":
        return true;
    }
  }

  /** Of what is an array or a qualifier: it answers what its target does, which is the same from now on when that is ordered. */
  #orderTarget(id: number, throughPointer: boolean): boolean {
    const target = this.#types.target(id);
    const isStrong = this.#order(target, throughPointer);
    if (this.#states[target] === ORDERED) this.#states[id] = ORDERED;
    return isStrong;
  }

  #orderComposite(id: number, throughPointer: boolean): boolean {
    const types = this.#types;
    const states = this.#states;
    const hasName = types.nameOff(id) !== 0;
    if (throughPointer && hasName) return false;
    states[id] = BEING_ORDERED;
    let at = types.elements(id) + 1;
    for (let left = types.vlen(id); left > 0; left--, at += 3) {
      const type = types.words[at] ?? 0;
      if (states[type] !== ORDERED) this.#order(type, false);
    }
    if (hasName) this.#queue.push(id);
    states[id] = ORDERED;
    return true;
  }

  #orderFunction(id: number, throughPointer: boolean): boolean {
    const types = this.#types;
    let isStrong = this.#order(types.target(id), throughPointer);
    let at = types.elements(id);
    for (let left = types.vlen(id); left > 0; left--, at += 2)
      if (this.#order(types.word(at + 1), throughPointer)) isStrong = true;
    return isStrong;
  }
}
