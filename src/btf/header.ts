import { ByteReader } from "./bytes.ts";
import { CoreGenError } from "../errors.ts";

const MAGIC = 0xeb9f;
const MIN_HEADER = 24;
/** The layout section's place follows the two fields of the strings, in headers that are long enough for it. */
const HEADER_WITH_LAYOUT = 32;

/** Where the sections of BTF data lie: offsets in bytes from the start of the data. */
export interface BtfHeader {
  readonly littleEndian: boolean;
  /** `hdr_len`: offsets in the header count from there. */
  readonly length: number;
  readonly typesStart: number;
  readonly typesEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
  /** The layout section: how long the types of each kind are, four bytes per kind. Empty in BTF that has none. */
  readonly layoutStart: number;
  readonly layoutEnd: number;
}

/**
 * Reads and checks the header of raw BTF (`struct btf_header`), of either byte order.
 *
 * Kernels since 2026 may write a layout section. A header longer than we know is fine (`hdr_len` is honoured); its extra fields are ignored.
 */
export function readBtfHeader(bytes: Uint8Array, what: string): BtfHeader {
  const littleEndian = byteOrder(bytes, what);
  const file = new ByteReader(bytes, { what, code: "bad-btf", littleEndian });
  const version = file.u8(2);
  if (version !== 1) file.fail(`this is BTF version ${version}, only version 1 is known`);
  const headerLength = file.u32(4);
  if (headerLength < MIN_HEADER)
    file.fail(`the header says it is ${headerLength} bytes long, the shortest one has ${MIN_HEADER}`);
  const types = section(file, headerLength, 8, "types");
  const strings = section(file, headerLength, 16, "strings");
  const layout =
    headerLength >= HEADER_WITH_LAYOUT ? section(file, headerLength, 24, "layouts of the kinds") : { start: 0, end: 0 };
  if (types.start % 4 !== 0) file.fail(`the types begin at byte ${types.start}, which is not a multiple of 4`);
  checkOrder(file, types, layout, strings);
  return {
    littleEndian,
    length: headerLength,
    typesStart: types.start,
    typesEnd: types.end,
    stringsStart: strings.start,
    stringsEnd: strings.end,
    layoutStart: layout.start,
    layoutEnd: layout.end,
  };
}

/** Throws when the header has fields that we don't know and that say something: whoever writes it again would lose or break that. */
export function refuseUnknownFields(bytes: Uint8Array, { length }: BtfHeader, what: string): void {
  if (bytes.subarray(HEADER_WITH_LAYOUT, Math.max(HEADER_WITH_LAYOUT, length)).every((byte) => byte === 0)) return;
  throw new CoreGenError(
    "unsupported",
    `${what}: its header has ${length} bytes, and says more in them than is known here (${HEADER_WITH_LAYOUT}): it can be read, but not written again`,
  );
}

/**
 * Whether `bytes` begin like raw BTF of either byte order.
 *
 * @example
 * import { looksLikeBtf } from "core-gen/btf";
 *
 * console.log(looksLikeBtf(Uint8Array.of(0x9f, 0xeb, 1)), looksLikeBtf(Uint8Array.of(0x7f, 0x45))); // true false
 */
export function looksLikeBtf(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x9f && bytes[1] === 0xeb) || (bytes[0] === 0xeb && bytes[1] === 0x9f);
}

function byteOrder(bytes: Uint8Array, what: string): boolean {
  if (bytes.length < MIN_HEADER) {
    throw new CoreGenError("bad-btf", `${what}: ${bytes.length} bytes are too few for a BTF header (${MIN_HEADER})`);
  }
  if (!looksLikeBtf(bytes)) {
    throw new CoreGenError(
      "bad-btf",
      `${what}: this is not BTF, it does not begin with the magic number 0x${MAGIC.toString(16)}`,
    );
  }
  return bytes[0] === 0x9f;
}

interface Section {
  readonly start: number;
  readonly end: number;
}

/** Types, layouts, strings, none in another (libbpf: `btf_parse_hdr`). */
function checkOrder(file: ByteReader, types: Section, layout: Section, strings: Section): void {
  const before = (first: Section, name: string, second: Section, other: string): void => {
    if (first.end > second.start)
      file.fail(`the ${name} end at byte ${first.end}, after the start of the ${other} at ${second.start}`);
  };
  before(types, "types", strings, "strings");
  if (layout.start === layout.end) return;
  before(types, "types", layout, "layouts of the kinds");
  before(layout, "layouts of the kinds", strings, "strings");
}

function section(file: ByteReader, headerLength: number, at: number, name: string): Section {
  const start = headerLength + file.u32(at);
  const end = start + file.u32(at + 4);
  if (end > file.length) file.fail(`the ${name} end at byte ${end}, but there are only ${file.length} bytes`);
  return { start, end };
}
