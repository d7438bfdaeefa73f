import type { Btf } from "./btf.ts";
import { readBtfHeader } from "./header.ts";
import { TYPE_SIZE } from "./index/offsets.ts";
import type { BtfType } from "./types.ts";

/**
 * A type of a kind that is newer than we are, as it lies in the file: only its name is understood.
 *
 * What it refers to is unknown, so it can be written again where its byte order and all ids stay what they are.
 */
export interface OpaqueType {
  readonly kind: "opaque";
  readonly name: string;
  /** The second word of `struct btf_type`: kind, number of elements, kind flag. */
  readonly info: number;
  /** The third one. */
  readonly sizeOrType: number;
  /** All that follows, in the byte order of the file. */
  readonly rest: Uint8Array;
  readonly littleEndian: boolean;
}

/** The type with this id, decoded, or as its bytes where its kind is newer than we are. Throws as `Btf.type` does. */
export function typeOrOpaque(btf: Btf, id: number): BtfType | OpaqueType {
  if (id < btf.firstId && btf.base !== undefined) return typeOrOpaque(btf.base, id);
  if (id === 0 || btf.kind(id) !== "void") return btf.type(id);
  const at = btf.offsetOf(id);
  const view = new DataView(btf.bytes.buffer, btf.bytes.byteOffset, btf.bytes.byteLength);
  return {
    kind: "opaque",
    name: btf.name(id),
    info: view.getUint32(at + 4, btf.littleEndian),
    sizeOrType: view.getUint32(at + 8, btf.littleEndian),
    rest: btf.bytes.subarray(at + TYPE_SIZE, endOf(btf, id)),
    littleEndian: btf.littleEndian,
  };
}

/**
 * All types of this BTF, without its base's, in the order of their ids; see {@link typeOrOpaque}.
 *
 * @example
 * import { Btf, BtfBuilder, ownTypes } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * b.typedef("u64", b.int("unsigned long", 8));
 * for (const { kind, name } of ownTypes(Btf.parse(b.build()))) console.log(kind, name);
 * // int unsigned long
 * // typedef u64
 */
export function* ownTypes(btf: Btf): Generator<BtfType | OpaqueType> {
  for (let id = btf.firstId; id < btf.typeCount; id++) yield typeOrOpaque(btf, id);
}

function endOf(btf: Btf, id: number): number {
  return id + 1 < btf.typeCount ? btf.offsetOf(id + 1) : readBtfHeader(btf.bytes, btf.what).typesEnd;
}
