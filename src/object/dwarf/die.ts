import { blockAt, locateValue, valueEnd, type Value } from "./forms.ts";
import type { Address } from "./section.ts";
import type { DebugSource } from "./source.ts";
import { unitAt, type Unit } from "./unit.ts";
import { DieWalker } from "./walker.ts";

/**
 * One debugging information entry: a tag with attributes. Values are decoded when they are asked for.
 *
 * Asking for an attribute as something that its form can't be gives undefined, as if it were not there.
 */
export class Die {
  readonly debug: DebugSource;
  readonly unit: Unit;
  /** Where it begins in `.debug_info`, which is what tells it from others. */
  readonly offset: number;
  /** `DW_TAG_*`. */
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Where its attributes end and its children begin. */
  readonly end: number;
  readonly #values = new Map<number, Value>();

  /** The DIE at an offset of `.debug_info`. */
  static at(debug: DebugSource, offset: number): Die {
    return new Die(debug, unitAt(debug.units, offset, debug.info), offset);
  }

  /** The first DIE of a unit. */
  static rootOf(debug: DebugSource, unit: Unit): Die {
    return new Die(debug, unit, unit.firstDie);
  }

  constructor(debug: DebugSource, unit: Unit, offset: number) {
    this.debug = debug;
    this.unit = unit;
    this.offset = offset;
    const { info } = debug;
    const code = info.uleb(offset);
    const abbreviation =
      debug.abbreviations(unit)[code] ?? this.fail(`has the abbreviation ${code}, which does not exist`);
    this.tag = abbreviation.tag;
    this.hasChildren = abbreviation.hasChildren;
    debug.spend(1 + abbreviation.attributes.length);
    let at = info.lebEnd(offset);
    for (const { name, form, implicit } of abbreviation.attributes) {
      const value = locateValue(info, at, form, implicit);
      if (!this.#values.has(name)) this.#values.set(name, value);
      at = valueEnd(info, value.at, value.form.size, unit);
    }
    this.end = at;
  }

  has(attribute: number): boolean {
    return this.#values.has(attribute);
  }

  flag(attribute: number): boolean {
    const value = this.#values.get(attribute);
    if (value?.form.class === "present") return true;
    return value?.form.class === "flag" && this.debug.info.unsigned(value.at, 1) !== 0;
  }

  string(attribute: number): string | undefined {
    const value = this.#values.get(attribute);
    switch (value?.form.class) {
      case "string":
        return this.debug.info.reader.cString(value.at);
      case "stringOffset":
        return this.debug.string(".debug_str", this.debug.info.offset(value.at, this.unit.offsetSize));
      case "lineStringOffset":
        return this.debug.string(".debug_line_str", this.debug.info.offset(value.at, this.unit.offsetSize));
      case "stringIndex":
        return this.debug.indexedString(this.unit, this.#unsigned(value));
      default:
        return undefined;
    }
  }

  /** A number. `asSigned` says how to read the forms that leave it open. */
  constant(attribute: number, asSigned = false): bigint | undefined {
    const value = this.#values.get(attribute);
    switch (value?.form.class) {
      case "implicit":
        return value.implicit;
      case "signed":
        return this.debug.info.leb(value.at, true);
      case "constant":
        return this.#constant(value, asSigned);
      default:
        return undefined;
    }
  }

  /** A number that is small enough to count or measure something: one past 2^53 is an error. */
  number(attribute: number): number | undefined {
    const value = this.constant(attribute);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!Number.isSafeInteger(number)) this.fail(`has the number ${value} as attribute 0x${attribute.toString(16)}`);
    return number;
  }

  /** The bytes of a block or expression. */
  block(attribute: number): { readonly start: number; readonly length: number } | undefined {
    const value = this.#values.get(attribute);
    return value?.form.class === "block" ? blockAt(this.debug.info, value.at, value.form.size) : undefined;
  }

  /** The DIE that an attribute refers to. */
  target(attribute: number): Die | undefined {
    const value = this.#values.get(attribute);
    switch (value?.form.class) {
      case "reference":
        return Die.at(this.debug, this.unit.start + this.#unsigned(value));
      case "infoReference": {
        const size = this.unit.version <= 2 ? this.unit.addressSize : this.unit.offsetSize;
        return Die.at(this.debug, this.debug.info.offset(value.at, size));
      }
      case "elsewhere":
        return this.fail("refers to a type unit or another file (compile without -fdebug-types-section)");
      default:
        return undefined;
    }
  }

  address(attribute: number): Address | undefined {
    const value = this.#values.get(attribute);
    if (value?.form.class === "address") return this.debug.info.address(value.at, this.unit.addressSize);
    if (value?.form.class === "addressIndex") return this.debug.indexedAddress(this.unit, this.#unsigned(value));
    return undefined;
  }

  /** An offset into another debug section. DWARF 2 and 3 wrote it as a number. */
  sectionOffset(attribute: number): number | undefined {
    const value = this.#values.get(attribute);
    if (value?.form.class === "sectionOffset") return this.debug.info.offset(value.at, this.unit.offsetSize);
    if (value?.form.class === "constant" && value.form.size === 4) return this.debug.info.offset(value.at, 4);
    return undefined;
  }

  /** The number of a list in the unit's table of range lists. */
  listIndex(attribute: number): number | undefined {
    const value = this.#values.get(attribute);
    return value?.form.class === "listIndex" ? this.#unsigned(value) : undefined;
  }

  /** The DIEs right below this one. */
  *children(): Generator<Die> {
    const walker = this.descendants();
    while (walker.next(1)) yield new Die(this.debug, this.unit, walker.offset);
  }

  /** All DIEs below this one, in file order; the children have depth 1. */
  descendants(): DieWalker {
    return new DieWalker(this.debug, this.unit, this.end, 1, !this.hasChildren);
  }

  /** Throws an error about this entry. */
  fail(problem: string): never {
    return this.debug.info.reader.fail(`the entry at ${this.offset} ${problem}`);
  }

  #constant({ at, form }: Value, asSigned: boolean): bigint {
    const { info } = this.debug;
    if (form.size === "leb") return info.leb(at, false);
    const bytes = Number(form.size);
    const value = bytes === 8 ? info.reader.u64(at) : BigInt(info.unsigned(at, bytes));
    return asSigned ? BigInt.asIntN(8 * bytes, value) : value;
  }

  #unsigned({ at, form }: Value): number {
    return form.size === "leb" ? this.debug.info.uleb(at) : this.debug.info.unsigned(at, Number(form.size));
  }
}
