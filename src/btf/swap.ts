import type { Btf } from "./btf.ts";
import { fieldsOf } from "./fields.ts";
import { readBtfHeader, refuseUnknownFields, type BtfHeader } from "./header.ts";
import { kindOf, TYPE_SIZE, vlenOf } from "./index/offsets.ts";
import { LAYOUT_SIZE } from "./layout.ts";
import { CoreGenError } from "../errors.ts";

/** Offset of `hdr_len`: the two bytes of the magic number are the only others in front of it that have an order. */
const HEADER_WORDS = 4;

/**
 * The same BTF in the other byte order: every number of it, nothing else (libbpf: `btf__set_endianness`). Swapped
 * again it is the same bytes. Ids, and for split BTF the base that it belongs to, stay what they are.
 *
 * Throws a `CoreGenError` with code `unsupported` for types of kinds, and headers, that are newer than we are.
 *
 * @example
 * import { Btf, BtfBuilder, swapByteOrder } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * b.int("int", 4, { signed: true });
 * const swapped = Btf.parse(swapByteOrder(Btf.parse(b.build())));
 * console.log(swapped.littleEndian, swapped.name(1)); // false int
 */
export function swapByteOrder(btf: Btf): Uint8Array {
  const header = readBtfHeader(btf.bytes, btf.what);
  refuseUnknownFields(btf.bytes, header, btf.what);
  const swapper = new Swapper(btf.bytes);
  swapHeader(swapper, header);
  for (let id = btf.firstId; id < btf.typeCount; id++) swapType(swapper, btf, id);
  for (let at = header.layoutStart; at + LAYOUT_SIZE <= header.layoutEnd; at += LAYOUT_SIZE) swapper.swap16(at + 2);
  return swapper.bytes;
}

function swapHeader(swapper: Swapper, { length }: BtfHeader): void {
  swapper.swap16(0);
  for (let at = HEADER_WORDS; at + 4 <= length; at += 4) swapper.swap32(at);
}

function swapType(swapper: Swapper, btf: Btf, id: number): void {
  const at = btf.offsetOf(id);
  const info = swapper.u32(at + 4, btf.littleEndian);
  const fields = fieldsOf(kindOf(info));
  if (fields === undefined) {
    throw new CoreGenError(
      "unsupported",
      `${btf.what}: the byte order can't be swapped: type [${id}] is of kind ${kindOf(info)}, and what that is made of is not known`,
    );
  }
  // All that the format has behind the header of a type is 32-bit words.
  const end = at + TYPE_SIZE + 4 * (fields.once.length + fields.element.length * vlenOf(info));
  for (let word = at; word < end; word += 4) swapper.swap32(word);
}

/** A copy of some bytes, to be turned around in place. */
class Swapper {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(original: Uint8Array) {
    this.bytes = original.slice();
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(at: number, littleEndian: boolean): number {
    return this.#view.getUint32(at, littleEndian);
  }

  swap16(at: number): void {
    this.#view.setUint16(at, this.#view.getUint16(at, true), false);
  }

  swap32(at: number): void {
    this.#view.setUint32(at, this.#view.getUint32(at, true), false);
  }
}
