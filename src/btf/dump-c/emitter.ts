import type { CText } from "./c-text.ts";
import type { Declarations } from "./declarations.ts";
import { Definitions } from "./definitions.ts";
import { EmitOrder } from "./emit-order.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

const NOT_WRITTEN = 0;
const BEING_WRITTEN = 1;
const WRITTEN = 2;

/** Writes types as C, each once, with all that they need before them (libbpf: `btf_dump__dump_type`). */
export class Emitter {
  readonly #types: TypeWords;
  readonly #limits: Limits;
  readonly #order: EmitOrder;
  readonly #definitions: Definitions;
  readonly #states: Uint8Array;
  /** 1 for a struct that was declared, and for a typedef that was written early, by id. */
  readonly #declared: Uint8Array;

  constructor(out: CText, types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#limits = limits;
    this.#order = new EmitOrder(types, limits);
    this.#definitions = new Definitions(out, types, limits);
    this.#states = new Uint8Array(types.typeCount);
    this.#states[0] = WRITTEN;
    this.#declared = new Uint8Array(types.typeCount);
  }

  get declarations(): Declarations {
    return this.#definitions.declarations;
  }

  /** Writes the type and what it depends on, apart from what was written before. */
  write(id: number): void {
    for (const next of this.#order.before(id)) this.#emit(next, 0);
  }

  /** `container` is the definition that the type is needed for, 0 to write its own (libbpf: `btf_dump_emit_type`). */
  #emit(id: number, container: number): void {
    const state = this.#states[id];
    if (state === WRITTEN) return;
    this.#limits.enter(id);
    if (state === BEING_WRITTEN) this.#declareEarly(id, container);
    else this.#emitNew(id, container);
    this.#limits.leave();
  }

  /** Something inside a definition that is being written refers to that definition. */
  #declareEarly(id: number, container: number): void {
    if (this.#declared[id] === 1) return;
    const kind = this.#types.kind(id);
    if (kind === "typedef") {
      this.#definitions.defineTypedef(id);
    } else {
      // Inside its own braces a struct is declared.
      if (id === container) return;
      if (this.#types.nameOff(id) === 0) this.#types.fail(`the ${kind} [${id}] has no name and is inside itself`);
      this.#definitions.declareTag(id);
    }
    this.#declared[id] = 1;
  }

  #emitNew(id: number, container: number): void {
    const types = this.#types;
    switch (types.kind(id)) {
      case "int":
        this.#definitions.defineAlias(id);
        this.#states[id] = WRITTEN;
        break;
      case "enum":
      case "enum64":
        if (container === 0) this.#definitions.define(id);
        this.#states[id] = WRITTEN;
        break;
      case "fwd":
        this.#definitions.declareTag(id);
        this.#states[id] = WRITTEN;
        break;
      case "ptr":
      case "array":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag": {
        const target = types.target(id);
        this.#emit(target, container);
        if (this.#isSettled(target)) this.#states[id] = WRITTEN;
        break;
      }
      case "typedef":
        this.#states[id] = BEING_WRITTEN;
        this.#emit(types.target(id), id);
        if (this.#declared[id] === 0) this.#definitions.defineTypedef(id);
        this.#states[id] = WRITTEN;
        break;
      case "struct":
      case "union":
        this.#emitComposite(id, container);
        break;
      case "func_proto":
        this.#emit(types.target(id), container);
        this.#emitElements(id, 2, container);
        break;
      case "void":
      case "float":
      case "func":
      case "var":
      case "datasec":
      case "decl_tag":
        break;
    }
  }

  #emitComposite(id: number, container: number): void {
    const hasName = this.#types.nameOff(id) !== 0;
    this.#states[id] = BEING_WRITTEN;
    if (container === 0 || !hasName) {
      this.#emitElements(id, 3, hasName ? id : container);
    } else if (this.#declared[id] === 0 && id !== container) {
      this.#definitions.declareTag(id);
      this.#declared[id] = 1;
    }
    if (container === 0) this.#definitions.define(id);
    this.#states[id] = container === 0 ? WRITTEN : NOT_WRITTEN;
  }

  /** Whether nothing will be written for the type any more, other than its own definition. */
  #isSettled(id: number): boolean {
    return this.#states[id] === WRITTEN || this.#declared[id] === 1;
  }

  /** What members or parameters need, elements of `length` words. */
  #emitElements(id: number, length: number, container: number): void {
    const types = this.#types;
    const states = this.#states;
    let at = types.elements(id) + 1;
    for (let left = types.vlen(id); left > 0; left--, at += length) {
      const type = types.words[at] ?? 0;
      if (states[type] !== WRITTEN) this.#emit(type, container);
    }
  }
}
