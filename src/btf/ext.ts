import { ByteReader } from "./bytes.ts";
import { looksLikeBtf } from "./header.ts";
import { CoreGenError } from "../errors.ts";

/** Which function begins at an instruction: `insnOff` counts slots of 8 bytes from the section's start. */
export interface FuncInfo {
  readonly insnOff: number;
  readonly typeId: number;
}

/** Which source line an instruction comes from; names and lines are offsets in the BTF's strings. */
export interface LineInfo {
  readonly insnOff: number;
  readonly fileNameOff: number;
  readonly lineOff: number;
  /** Line number in the upper 22 bits, column in the lower 10. */
  readonly lineCol: number;
}

/** One CO-RE relocation record (`struct bpf_core_relo`). */
export interface CoreRelocationRecord {
  readonly insnOff: number;
  readonly typeId: number;
  readonly accessOff: number;
  /** 0 … 12, `enum bpf_core_relo_kind`. */
  readonly kind: number;
}

/** The records of one ELF section. */
export interface SectionRecords<T> {
  readonly section: string;
  readonly records: readonly T[];
}

/** The contents of `.BTF.ext`: what belongs to single instructions. */
export interface BtfExt {
  readonly funcInfo: readonly SectionRecords<FuncInfo>[];
  readonly lineInfo: readonly SectionRecords<LineInfo>[];
  readonly coreRelocations: readonly SectionRecords<CoreRelocationRecord>[];
}

/**
 * The records of the instructions `[first, end)` of an ELF section; `insn_off` ascends there, as the kernel demands.
 */
export function recordsBetween<T extends { readonly insnOff: number }>(
  sections: readonly SectionRecords<T>[],
  section: string,
  first: number,
  end: number,
): T[] {
  return sections.flatMap(({ section: name, records }) =>
    name === section ? records.slice(countBefore(records, first), countBefore(records, end)) : [],
  );
}

/** How many records are for instructions before `insnOff`: binary search, big objects have 100,000 line records. */
function countBefore(records: readonly { readonly insnOff: number }[], insnOff: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.insnOff ?? 0) < insnOff) low = middle + 1;
    else high = middle;
  }
  return low;
}

const INSN_SIZE = 8;
const HEADER_WITHOUT_CORE = 24;

/**
 * Reads `.BTF.ext`, of either byte order; `string` is the text at an offset of the strings of `.BTF`.
 *
 * Records may be longer than we know (`rec_size` is honoured). Throws a `CoreGenError` with code `bad-btf`.
 * Format: https://docs.kernel.org/bpf/btf.html#btf-ext-section
 */
export function parseBtfExt(bytes: Uint8Array, string: (offset: number) => string, what = ".BTF.ext"): BtfExt {
  const file = open(bytes, what);
  const headerLength = file.u32(4);
  // Objects of old compilers end their header before the CO-RE fields.
  const hasCore = headerLength >= HEADER_WITHOUT_CORE + 8;
  // Called for records that are known to lie inside.
  const u32 = (at: number): number => file.view.getUint32(at, file.littleEndian);
  const insnOff = (at: number): number => wholeSlot(file, at, u32(at));
  return {
    funcInfo: readPart(file, headerLength, 8, 8, string, (at) => ({ insnOff: insnOff(at), typeId: u32(at + 4) })),
    lineInfo: readPart(file, headerLength, 16, 16, string, (at) => ({
      insnOff: insnOff(at),
      fileNameOff: u32(at + 4),
      lineOff: u32(at + 8),
      lineCol: u32(at + 12),
    })),
    coreRelocations: !hasCore
      ? []
      : readPart(file, headerLength, 24, 16, string, (at) => ({
          insnOff: insnOff(at),
          typeId: u32(at + 4),
          accessOff: u32(at + 8),
          kind: u32(at + 12),
        })),
  };
}

function open(bytes: Uint8Array, what: string): ByteReader {
  if (bytes.length < HEADER_WITHOUT_CORE || !looksLikeBtf(bytes)) {
    throw new CoreGenError(
      "bad-btf",
      `${what}: this is not .BTF.ext data (${bytes.length} bytes without its magic number)`,
    );
  }
  const file = new ByteReader(bytes, { what, code: "bad-btf", littleEndian: bytes[0] === 0x9f });
  if (file.u8(2) !== 1) file.fail(`this is version ${file.u8(2)} of the format, only version 1 is known`);
  const headerLength = file.u32(4);
  if (headerLength < HEADER_WITHOUT_CORE)
    file.fail(`the header says it is ${headerLength} bytes long, the shortest one has ${HEADER_WITHOUT_CORE}`);
  return file;
}

function wholeSlot(file: ByteReader, at: number, bytes: number): number {
  if (bytes % INSN_SIZE !== 0)
    file.fail(`the record at byte ${at} is for byte ${bytes} of the code, which is inside an instruction`);
  return bytes / INSN_SIZE;
}

function readPart<T>(
  file: ByteReader,
  headerLength: number,
  field: number,
  minimumSize: number,
  string: (offset: number) => string,
  readRecord: (at: number) => T,
): SectionRecords<T>[] {
  const start = headerLength + file.u32(field);
  const length = file.u32(field + 4);
  if (length === 0) return [];
  const end = start + length;
  file.slice(start, length);
  const recordSize = file.u32(start);
  if (recordSize < minimumSize) file.fail(`records of ${recordSize} bytes are too short, ${minimumSize} are needed`);
  if (recordSize % 4 !== 0) file.fail(`records of ${recordSize} bytes are no whole words of 4`);
  const sections: SectionRecords<T>[] = [];
  let at = start + 4;
  while (at < end) {
    const count = file.u32(at + 4);
    const first = at + 8;
    if (count === 0) file.fail(`the section at byte ${at} has no records`);
    if (first + count * recordSize > end)
      file.fail(`the ${count} records at byte ${first} do not fit in their section`);
    const records: T[] = [];
    for (let index = 0; index < count; index++) records.push(readRecord(first + index * recordSize));
    sections.push({ section: string(file.u32(at)), records });
    at = first + count * recordSize;
  }
  return sections;
}
