import {
  DW_AT_abstract_origin,
  DW_AT_specification,
  DW_AT_type,
  DW_TAG_formal_parameter,
  DW_TAG_inlined_subroutine,
  DW_TAG_lexical_block,
  DW_TAG_subprogram,
  DW_TAG_variable,
} from "./constants.ts";
import type { DebugInfo } from "./debug-info.ts";
import { Die } from "./die.ts";
import { contains } from "./ranges.ts";
import type { Address } from "./section.ts";

/** A variable or parameter of a function or of one that was inlined into it, or what such a function returns. */
export interface Local {
  readonly role: "variable" | "parameter" | "result";
  readonly type: Die;
  /** Whether it is of a function that was inlined. */
  readonly inlined: boolean;
  /** Whether the code of its block, or of its inlined function, contains the address that was asked for. */
  readonly inScope: boolean;
}

/** Finds the locals of functions. Walks the debug info once, at the first question. */
export class LocalFinder {
  readonly #debug: DebugInfo;
  #functions: readonly Die[] | undefined;

  constructor(debug: DebugInfo) {
    this.#debug = debug;
  }

  /** The locals of the function that has the address, those of all its blocks; none when no function has it. */
  at(pc: Address): Local[] {
    this.#functions ??= findFunctions(this.#debug);
    const found = this.#functions.find((die) => contains(die, pc));
    return found === undefined ? [] : new Collector(pc).collect(found);
  }
}

function findFunctions(debug: DebugInfo): Die[] {
  const functions: Die[] = [];
  for (const unit of debug.units) {
    const walker = debug.walk(unit);
    while (walker.next(1)) if (walker.tag === DW_TAG_subprogram) functions.push(Die.at(debug, walker.offset));
  }
  return functions;
}

/** A function or block: what is below it may be a local. */
interface Scope {
  readonly inScope: boolean;
  readonly inlined: boolean;
}

class Collector {
  readonly #pc: Address;
  readonly #locals: Local[] = [];
  /** Functions as they were written, which concrete and inlined ones are copies of, by offset. */
  readonly #origins = new Map<number, Scope>();

  constructor(pc: Address) {
    this.#pc = pc;
  }

  collect(concrete: Die): Local[] {
    const scope = { inScope: true, inlined: false };
    this.#addFunction(concrete, scope);
    this.#addBody(concrete, scope, (die) => contains(die, this.#pc));
    // A variable that no instruction holds is missing in the copy, but not in the original.
    for (const [offset, origin] of this.#origins)
      this.#addBody(Die.at(concrete.debug, offset), origin, () => origin.inScope);
    return this.#locals;
  }

  /** Adds all variables below a function, those of inlined functions and blocks included. */
  #addBody(code: Die, outermost: Scope, isInScope: (block: Die) => boolean): void {
    const { debug } = code;
    // By depth; undefined for a DIE that is no scope, as a struct.
    const scopes: (Scope | undefined)[] = [outermost];
    const walker = code.descendants();
    while (walker.next()) {
      const outer = scopes[walker.depth - 1];
      scopes[walker.depth] = undefined;
      if (outer === undefined) continue;
      const { tag } = walker;
      if (tag === DW_TAG_variable || tag === DW_TAG_formal_parameter) {
        this.#add(tag === DW_TAG_variable ? "variable" : "parameter", Die.at(debug, walker.offset), outer);
      } else if (tag === DW_TAG_lexical_block || tag === DW_TAG_inlined_subroutine) {
        const die = Die.at(debug, walker.offset);
        const inlined = outer.inlined || tag === DW_TAG_inlined_subroutine;
        const scope = { inScope: outer.inScope && isInScope(die), inlined };
        scopes[walker.depth] = scope;
        if (tag === DW_TAG_inlined_subroutine) this.#addFunction(die, scope);
      }
    }
  }

  /** Remembers the original of a function, and adds what it returns: often the record that it has reserved. */
  #addFunction(die: Die, scope: Scope): void {
    const origin = originOf(die);
    if (origin !== undefined) {
      const before = this.#origins.get(origin.offset);
      this.#origins.set(origin.offset, { ...scope, inScope: scope.inScope || before?.inScope === true });
    }
    this.#add("result", die, scope);
  }

  #add(role: Local["role"], die: Die, scope: Scope): void {
    const type = die.target(DW_AT_type) ?? originOf(die)?.target(DW_AT_type);
    if (type !== undefined) this.#locals.push({ role, type, ...scope });
  }
}

/** What a copy is a copy of, where its type is written. */
function originOf(die: Die): Die | undefined {
  return die.target(DW_AT_abstract_origin) ?? die.target(DW_AT_specification);
}
