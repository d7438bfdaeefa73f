import { fieldsOf } from "./fields.ts";
import { kinds } from "./types.ts";

/** How long the types of one kind are, as a layout section says it (`struct btf_layout`); in bytes. */
export interface KindLayout {
  /** What follows `struct btf_type` once. */
  readonly once: number;
  /** What follows `vlen` times. */
  readonly element: number;
  /** Unused as of 2026. */
  readonly flags: number;
}

/**
 * The layout of every kind that we know, by its number: with it in the file, readers that are older than a kind can pass
 * over its types.
 */
export const knownLayouts: readonly KindLayout[] = kinds.map((_, kind) => {
  const { once, element } = fieldsOf(kind) ?? { once: [], element: [] };
  return { once: once.length * 4, element: element.length * 4, flags: 0 };
});

/** The layout section of some BTF; empty in BTF that has none. */
export function readLayouts(section: Uint8Array, littleEndian: boolean): KindLayout[] {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  return Array.from({ length: Math.floor(section.length / LAYOUT_SIZE) }, (_, kind) => ({
    once: view.getUint8(kind * LAYOUT_SIZE),
    element: view.getUint8(kind * LAYOUT_SIZE + 1),
    flags: view.getUint16(kind * LAYOUT_SIZE + 2, littleEndian),
  }));
}

/** Bytes of `struct btf_layout`. */
export const LAYOUT_SIZE = 4;
