import type { ByteReader } from "../bytes.ts";
import type { BtfHeader } from "../header.ts";

/** Bytes of `struct btf_type`, which begins every type. */
export const TYPE_SIZE = 12;

/** Bytes that follow `struct btf_type`, by kind. */
const fixedSize = new Map([
  [1, 4],
  [3, 12],
  [14, 4],
  [17, 4],
]);

/** Bytes per element (`vlen` of them) that follow `struct btf_type`, by kind. */
const elementSize = new Map([
  [4, 12],
  [5, 12],
  [6, 8],
  [13, 8],
  [15, 12],
  [19, 12],
]);

/** Kinds that we know, 0 (void, which is never in the type section) included. */
const KNOWN_KINDS = 20;
/** What 7 bits can say. */
const KINDS = 128;
const LAYOUT_SIZE = 4;

/** How long the types of each kind are, by kind. */
export interface KindSizes {
  readonly known: readonly boolean[];
  /** Bytes that follow `struct btf_type`. */
  readonly fixed: Uint8Array;
  /** Bytes per element behind those. */
  readonly element: Uint8Array;
}

/**
 * The sizes of the kinds that we know, and those that the BTF's layout section (`struct btf_layout`) or its base's adds:
 * types of kinds that are newer than we are can be passed over.
 */
export function readKindSizes(file: ByteReader, header: BtfHeader, base: KindSizes | undefined): KindSizes {
  const { layoutStart, layoutEnd } = header;
  const count = Math.min(KINDS, Math.floor((layoutEnd - layoutStart) / LAYOUT_SIZE));
  if (count === 0 && base !== undefined) return base;
  const inLayout = (kind: number, field: number): number => file.u8(layoutStart + kind * LAYOUT_SIZE + field);
  const size = (ours: Map<number, number>, kind: number, field: number): number =>
    kind >= KNOWN_KINDS && kind < count ? inLayout(kind, field) : (ours.get(kind) ?? 0);
  return {
    known: Array.from({ length: KINDS }, (_, kind) => kind > 0 && kind < Math.max(KNOWN_KINDS, count)),
    fixed: Uint8Array.from({ length: KINDS }, (_, kind) => size(fixedSize, kind, 0)),
    element: Uint8Array.from({ length: KINDS }, (_, kind) => size(elementSize, kind, 1)),
  };
}

/** The kind in a type's `info`: 7 bits since 2026, the two upper ones were zero before. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** The number of elements in a type's `info`: 24 bits since 2026, the upper eight were zero before. */
export function vlenOf(info: number): number {
  return info & 0xffffff;
}

/**
 * Walks the type section once and returns where each type begins, in bytes from the start of the data.
 *
 * The first entry belongs to the first type of this BTF (id 1, or the base's type count). Proves that every type's own
 * bytes lie inside the section, so that decoding a type can't run past it.
 */
export function readTypeOffsets(file: ByteReader, header: BtfHeader, sizes: KindSizes, firstId: number): Uint32Array {
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const { littleEndian, typesStart, typesEnd } = header;
  const { known, fixed, element } = sizes;
  const offsets = new Uint32Array(Math.floor((typesEnd - typesStart) / TYPE_SIZE));
  let count = 0;
  let at = typesStart;
  while (at < typesEnd) {
    if (at + TYPE_SIZE > typesEnd)
      file.fail(`type [${firstId + count}] at byte ${at} is cut off by the end of the types`);
    const info = view.getUint32(at + 4, littleEndian);
    const kind = kindOf(info);
    if (known[kind] !== true) file.fail(`type [${firstId + count}] at byte ${at} has the unknown kind ${kind}`);
    offsets[count++] = at;
    at += TYPE_SIZE + (fixed[kind] ?? 0) + (element[kind] ?? 0) * vlenOf(info);
    if (at > typesEnd)
      file.fail(`type [${firstId + count - 1}] ends at byte ${at}, after the end of the types (${typesEnd})`);
  }
  return offsets.slice(0, count);
}
