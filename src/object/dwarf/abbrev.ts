import { DW_FORM_implicit_const, findForm, fixedSize, type Encoding } from "./forms.ts";
import type { DebugSection } from "./section.ts";

/** One attribute of an abbreviation. */
export interface AttributeSpec {
  /** `DW_AT_*`. */
  readonly name: number;
  /** `DW_FORM_*`. */
  readonly form: number;
  /** The value of `DW_FORM_implicit_const`, which stands here once and not in each DIE. */
  readonly implicit: bigint;
}

/** What DIEs with the same tag and attributes share. */
export interface Abbreviation {
  /** `DW_TAG_*`. */
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
  /** Bytes that the attributes of every such DIE take; undefined when it depends on their values. */
  readonly size: number | undefined;
}

/** The abbreviations of a unit, by the code that its DIEs begin with: an array, because compilers count from 1. */
export type AbbreviationTable = readonly (Abbreviation | undefined)[];

/** Reads the abbreviation table at an offset of `.debug_abbrev`; `spend` counts the work. Format: DWARF 5, section 7.5.3. */
export function readAbbreviations(
  section: DebugSection,
  offset: number,
  encoding: Encoding,
  spend: (steps: number) => void,
): AbbreviationTable {
  const table: Abbreviation[] = [];
  let at = offset;
  for (;;) {
    const code = section.uleb(at);
    at = section.lebEnd(at);
    if (code === 0) return table;
    const tag = section.uleb(at);
    at = section.lebEnd(at);
    const hasChildren = section.unsigned(at, 1) !== 0;
    const { attributes, end } = readAttributes(section, at + 1);
    at = end;
    spend(1 + attributes.length);
    table[code] = { tag, hasChildren, attributes, size: sizeOfAll(attributes, encoding) };
  }
}

function readAttributes(section: DebugSection, start: number): { attributes: AttributeSpec[]; end: number } {
  const attributes: AttributeSpec[] = [];
  let at = start;
  for (;;) {
    const name = section.uleb(at);
    at = section.lebEnd(at);
    const form = section.uleb(at);
    at = section.lebEnd(at);
    if (name === 0 && form === 0) return { attributes, end: at };
    let implicit = 0n;
    if (form === DW_FORM_implicit_const) {
      implicit = section.leb(at, true);
      at = section.lebEnd(at);
    }
    attributes.push({ name, form, implicit });
  }
}

function sizeOfAll(attributes: readonly AttributeSpec[], encoding: Encoding): number | undefined {
  let total = 0;
  for (const { form } of attributes) {
    const known = findForm(form);
    const size = known === undefined ? undefined : fixedSize(known.size, encoding);
    if (size === undefined) return undefined;
    total += size;
  }
  return total;
}
