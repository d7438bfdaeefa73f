import { ByteWriter } from "./bytes.ts";
import type { KindLayout } from "./layout.ts";

const MAGIC = 0xeb9f;
const HEADER = 24;
/** With the two fields of the layout section. */
const HEADER_WITH_LAYOUT = 32;

/** The sections of raw BTF, already in its byte order. */
export interface Sections {
  readonly littleEndian: boolean;
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
  /** Default: no layout section. */
  readonly layouts?: readonly KindLayout[] | undefined;
  /** `hdr_len` in bytes. Default: what the sections need, 24 or 32. */
  readonly headerLength?: number | undefined;
}

/** Raw BTF: the header and, without a gap, the types, the layouts of the kinds if any, the strings. */
export function writeSections({ littleEndian, types, strings, layouts = [], headerLength }: Sections): Uint8Array {
  const layoutSection = writeLayouts(layouts, littleEndian);
  const hasLayouts = layoutSection.length > 0;
  const length = headerLength ?? (hasLayouts ? HEADER_WITH_LAYOUT : HEADER);
  const layoutPlace = hasLayouts ? [types.length, layoutSection.length] : [0, 0];
  const fields = [0, types.length, types.length + layoutSection.length, strings.length, ...layoutPlace];
  const file = new ByteWriter(littleEndian);
  file.u16(MAGIC);
  file.u8(1); // version
  file.u8(0); // flags
  file.u32(length);
  for (let at = 8; at < length; at += 4) file.u32(fields[at / 4 - 2] ?? 0);
  file.append(types);
  file.append(layoutSection);
  file.append(strings);
  return file.finish();
}

function writeLayouts(layouts: readonly KindLayout[], littleEndian: boolean): Uint8Array {
  const section = new ByteWriter(littleEndian);
  for (const { once, element, flags } of layouts) {
    section.u8(once);
    section.u8(element);
    section.u16(flags);
  }
  return section.finish();
}
