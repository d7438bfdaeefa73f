import type { AbbreviationTable, AttributeSpec } from "./abbrev.ts";
import { locateValue, valueEnd } from "./forms.ts";
import type { DebugSource } from "./source.ts";
import type { Unit } from "./unit.ts";

/**
 * Steps from DIE to DIE without making an object of each: `offset`, `tag` and `depth` are of the current one.
 *
 * DWARF has no way to skip children but to step over each of them, and an object with vmlinux.h has tens of thousands
 * before its first function: this is the one loop of the reader that has to be fast.
 */
export class DieWalker {
  offset = 0;
  tag = 0;
  /** 0 for the root of a unit, or 1 for a child of the DIE that the walk began below. */
  depth = 0;
  readonly #debug: DebugSource;
  readonly #unit: Unit;
  readonly #table: AbbreviationTable;
  #at: number;
  #nextDepth: number;
  #done: boolean;

  /**
   * Begins at byte `start`. At depth 0 that is a DIE without siblings, at depth 1 the first of a list of children; with
   * `isEmpty` there is nothing to walk.
   */
  constructor(debug: DebugSource, unit: Unit, start: number, depth: 0 | 1, isEmpty = false) {
    this.#debug = debug;
    this.#unit = unit;
    this.#table = debug.abbreviations(unit);
    this.#at = start;
    this.#nextDepth = depth;
    this.#done = isEmpty;
  }

  /** Steps to the next DIE that is at most `maxDepth` deep; false at the end. */
  next(maxDepth?: number): boolean {
    const { info } = this.#debug;
    const { bytes } = info.reader;
    const { end } = this.#unit;
    const first = this.#at;
    let at = first;
    let depth = this.#nextDepth;
    while (!this.#done && at < end) {
      const offset = at;
      const byte = bytes[at] ?? 0;
      if (byte === 0) {
        at++;
        depth--;
        this.#done = depth <= 0;
        continue;
      }
      const code = byte < 0x80 ? byte : info.uleb(at);
      at = byte < 0x80 ? at + 1 : info.lebEnd(at);
      const abbreviation =
        this.#table[code] ??
        info.reader.fail(`the entry at ${offset} has the abbreviation ${code}, which does not exist`);
      at = abbreviation.size === undefined ? this.#skip(at, abbreviation.attributes) : at + abbreviation.size;
      const ownDepth = depth;
      if (abbreviation.hasChildren) depth++;
      else this.#done = depth === 0;
      if (maxDepth !== undefined && ownDepth > maxDepth) continue;
      this.offset = offset;
      this.tag = abbreviation.tag;
      this.depth = ownDepth;
      this.#stop(first, at, depth);
      return true;
    }
    this.#stop(first, at, depth);
    this.#done = true;
    return false;
  }

  #stop(first: number, at: number, depth: number): void {
    this.#debug.spend(1 + at - first);
    this.#at = at;
    this.#nextDepth = depth;
  }

  #skip(start: number, attributes: readonly AttributeSpec[]): number {
    this.#debug.spend(attributes.length);
    let at = start;
    for (const { form, implicit } of attributes) {
      const value = locateValue(this.#debug.info, at, form, implicit);
      at = valueEnd(this.#debug.info, value.at, value.form.size, this.#unit);
    }
    return at;
  }
}
