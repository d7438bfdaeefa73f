import { ByteWriter } from "../btf/bytes.ts";
import { SHT_NOBITS, SHT_NULL, type Elf, type ElfSection } from "../object/elf/elf.ts";

const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const ALIGNMENT = 8;
/** Where the ELF header holds the file offset of the section table (`e_shoff`). */
const SECTION_TABLE_FIELD = 40;
/** Fields of a section header: its `sh_offset` and `sh_size`. */
const OFFSET_FIELD = 24;
const SIZE_FIELD = 32;

/**
 * The object without its debug info (DWARF), which neither kernel nor loader reads and which is most of the file.
 *
 * Sections keep their index: the dropped ones become empty (`SHT_NULL`), so symbols and relocations stay as they are.
 * Those named in `replaced` get other bytes.
 */
export function stripDebugInfo(elf: Elf, replaced: ReadonlyMap<string, Uint8Array> = new Map()): Uint8Array {
  const out = new ByteWriter(elf.littleEndian);
  out.append(elf.bytes.subarray(0, HEADER_SIZE));
  const offsets = elf.sections.map((section) => {
    if (isDropped(section)) return 0;
    out.align(ALIGNMENT);
    const offset = out.length;
    if (section.type !== SHT_NOBITS) out.append(replaced.get(section.name) ?? section.data);
    return offset;
  });
  out.align(ALIGNMENT);
  const table = out.length;
  elf.sections.forEach((section, i) => {
    out.append(sectionHeader(elf, section, offsets[i] ?? 0, replaced.get(section.name)?.length));
  });
  const stripped = out.finish();
  new DataView(stripped.buffer).setBigUint64(SECTION_TABLE_FIELD, BigInt(table), elf.littleEndian);
  return stripped;
}

function isDropped({ type, name }: ElfSection): boolean {
  if (type === SHT_NULL) return true;
  return /^(\.rel)?\.debug_/u.test(name) || name === ".llvm_addrsig" || name === ".comment";
}

function sectionHeader(elf: Elf, section: ElfSection, offset: number, newSize: number | undefined): Uint8Array {
  if (isDropped(section)) return new Uint8Array(SECTION_HEADER_SIZE);
  const table = Number(
    new DataView(elf.bytes.buffer, elf.bytes.byteOffset).getBigUint64(SECTION_TABLE_FIELD, elf.littleEndian),
  );
  const header = elf.bytes.slice(
    table + section.index * SECTION_HEADER_SIZE,
    table + (section.index + 1) * SECTION_HEADER_SIZE,
  );
  const fields = new DataView(header.buffer);
  fields.setBigUint64(OFFSET_FIELD, BigInt(offset), elf.littleEndian);
  if (newSize !== undefined) fields.setBigUint64(SIZE_FIELD, BigInt(newSize), elf.littleEndian);
  return header;
}
