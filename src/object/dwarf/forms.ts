import type { DebugSection } from "./section.ts";

/** How the numbers of a unit are written. */
export interface Encoding {
  readonly version: number;
  /** Bytes of an address: 8 for BPF. */
  readonly addressSize: number;
  /** Bytes of an offset into a debug section: 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: number;
}

/** How long a value is: a number of bytes, one that the unit says, or one that the value itself says. */
type FormSize = number | "address" | "offset" | "refAddr" | "leb" | "string" | "block1" | "block2" | "block4" | "block";

/** What a form's value is (DWARF 5, section 7.5.5): what it may be read as. */
export type FormClass =
  | "address"
  | "addressIndex"
  | "block"
  | "constant"
  | "signed"
  | "implicit"
  | "flag"
  | "present"
  | "string"
  | "stringOffset"
  | "lineStringOffset"
  | "stringIndex"
  | "reference"
  | "infoReference"
  | "sectionOffset"
  | "listIndex"
  | "elsewhere";

export interface Form {
  readonly size: FormSize;
  readonly class: FormClass;
}

/** Where the value of an attribute lies, and what it is. */
export interface Value {
  readonly form: Form;
  readonly at: number;
  /** The value itself, where it stands in the abbreviation. */
  readonly implicit: bigint;
}

const DW_FORM_indirect = 0x16;
export const DW_FORM_implicit_const = 0x21;

/** All forms of DWARF 2 to 5 (DWARF 5, table 7.6), and those that GNU and LLVM added. */
const forms: ReadonlyMap<number, Form> = new Map([
  [0x01, { size: "address", class: "address" }], // addr
  [0x03, { size: "block2", class: "block" }],
  [0x04, { size: "block4", class: "block" }],
  [0x05, { size: 2, class: "constant" }],
  [0x06, { size: 4, class: "constant" }],
  [0x07, { size: 8, class: "constant" }],
  [0x08, { size: "string", class: "string" }],
  [0x09, { size: "block", class: "block" }],
  [0x0a, { size: "block1", class: "block" }],
  [0x0b, { size: 1, class: "constant" }],
  [0x0c, { size: 1, class: "flag" }],
  [0x0d, { size: "leb", class: "signed" }], // sdata
  [0x0e, { size: "offset", class: "stringOffset" }], // strp
  [0x0f, { size: "leb", class: "constant" }], // udata
  [0x10, { size: "refAddr", class: "infoReference" }], // ref_addr
  [0x11, { size: 1, class: "reference" }],
  [0x12, { size: 2, class: "reference" }],
  [0x13, { size: 4, class: "reference" }],
  [0x14, { size: 8, class: "reference" }],
  [0x15, { size: "leb", class: "reference" }], // ref_udata
  [0x17, { size: "offset", class: "sectionOffset" }],
  [0x18, { size: "block", class: "block" }], // exprloc
  [0x19, { size: 0, class: "present" }], // flag_present
  [0x1a, { size: "leb", class: "stringIndex" }], // strx
  [0x1b, { size: "leb", class: "addressIndex" }], // addrx
  [0x1c, { size: 4, class: "elsewhere" }], // ref_sup4
  [0x1d, { size: "offset", class: "elsewhere" }], // strp_sup
  [0x1e, { size: 16, class: "elsewhere" }], // data16
  [0x1f, { size: "offset", class: "lineStringOffset" }], // line_strp
  [0x20, { size: 8, class: "elsewhere" }], // ref_sig8
  [DW_FORM_implicit_const, { size: 0, class: "implicit" }],
  [0x22, { size: "leb", class: "elsewhere" }], // loclistx
  [0x23, { size: "leb", class: "listIndex" }], // rnglistx
  [0x24, { size: 8, class: "elsewhere" }], // ref_sup8
  [0x25, { size: 1, class: "stringIndex" }], // strx1 to strx4
  [0x26, { size: 2, class: "stringIndex" }],
  [0x27, { size: 3, class: "stringIndex" }],
  [0x28, { size: 4, class: "stringIndex" }],
  [0x29, { size: 1, class: "addressIndex" }], // addrx1 to addrx4
  [0x2a, { size: 2, class: "addressIndex" }],
  [0x2b, { size: 3, class: "addressIndex" }],
  [0x2c, { size: 4, class: "addressIndex" }],
  [0x1f01, { size: "leb", class: "addressIndex" }], // GNU_addr_index
  [0x1f02, { size: "leb", class: "stringIndex" }], // GNU_str_index
  [0x1f20, { size: "offset", class: "elsewhere" }], // GNU_ref_alt
  [0x1f21, { size: "offset", class: "elsewhere" }], // GNU_strp_alt
]);

/** What is known of a form; undefined for one that no version of DWARF has, which nobody can skip. */
export function findForm(form: number): Form | undefined {
  return forms.get(form);
}

/** How many bytes every value of a form has in a unit; undefined when each value has its own length. */
export function fixedSize(size: FormSize, encoding: Encoding): number | undefined {
  switch (size) {
    case "address":
      return encoding.addressSize;
    case "offset":
      return encoding.offsetSize;
    case "refAddr":
      // DWARF 2 wrote references to other units as addresses.
      return encoding.version <= 2 ? encoding.addressSize : encoding.offsetSize;
    case "leb":
    case "string":
    case "block1":
    case "block2":
    case "block4":
    case "block":
      return undefined;
    default:
      return size;
  }
}

/** Where a value that begins at `at` ends. */
export function valueEnd(info: DebugSection, at: number, size: FormSize, encoding: Encoding): number {
  switch (size) {
    case "leb":
      return info.lebEnd(at);
    case "string":
      return stringEnd(info, at);
    case "block1":
    case "block2":
    case "block4":
    case "block": {
      const block = blockAt(info, at, size);
      return block.start + block.length;
    }
    default:
      return at + (fixedSize(size, encoding) ?? 0);
  }
}

/** Where the bytes of a block lie. */
export function blockAt(
  info: DebugSection,
  at: number,
  size: FormSize,
): { readonly start: number; readonly length: number } {
  switch (size) {
    case "block1":
      return { start: at + 1, length: info.unsigned(at, 1) };
    case "block2":
      return { start: at + 2, length: info.unsigned(at, 2) };
    case "block4":
      return { start: at + 4, length: info.unsigned(at, 4) };
    default:
      return { start: info.lebEnd(at), length: info.uleb(at) };
  }
}

function stringEnd(info: DebugSection, at: number): number {
  const end = info.reader.bytes.indexOf(0, at);
  if (end < 0) info.reader.fail(`the string at ${at} has no end`);
  return end + 1;
}

/** What form an attribute of a DIE has and where its value begins: with `DW_FORM_indirect` the form stands in front of it. */
export function locateValue(info: DebugSection, at: number, form: number, implicit: bigint): Value {
  if (form !== DW_FORM_indirect) return { form: knownForm(info, at, form), at, implicit };
  const real = info.uleb(at);
  return { form: knownForm(info, at, real), at: info.lebEnd(at), implicit };
}

function knownForm(info: DebugSection, at: number, form: number): Form {
  return (
    findForm(form) ??
    info.reader.fail(`the value at ${at} has the unknown form 0x${form.toString(16)}, which can't be skipped`)
  );
}
