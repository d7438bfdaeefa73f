import type { CText } from "./c-text.ts";

type Pad = readonly [type: string, bits: number];

const padsOf64: readonly Pad[] = [
  ["long", 64],
  ["int", 32],
  ["short", 16],
  ["char", 8],
];
const padsOf32: readonly Pad[] = [["long", 32], ...padsOf64.slice(1)];

/** A gap before a member, or at the end of a struct; in bits from the start of the struct. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** Of what comes behind the gap, in bytes. */
  readonly alignment: number;
  /** Whether bit-fields are on both sides. */
  readonly betweenBitFields: boolean;
}

/**
 * Writes the unnamed bit-fields that make the compiler leave a gap where it would leave none, or a smaller one
 * (libbpf: `btf_dump_emit_bit_padding`). What the compiler leaves by itself is not written.
 */
export function writePadding(out: CText, gap: Gap, pointerSize: 4 | 8, level: number): void {
  const { from, to } = gap;
  const pads = pointerSize === 8 ? padsOf64 : padsOf32;
  // The largest type of which a natural boundary lies inside the gap.
  const [type, bits] = pads.find((pad) => roundUp(from, pad[1]) <= to) ?? ["char", 8];
  const boundary = roundUp(from, bits);
  let at = from;
  if (boundary > from && boundary <= to) {
    if (needsBoundary(gap, boundary)) writePad(out, type, gap.betweenBitFields ? boundary - from : 0, level);
    at = boundary;
  }
  for (; to - at >= bits; at += bits) writePad(out, type, bits, level);
  if (at === to) return;
  const [smallest] = pads.findLast((pad) => pad[1] >= to - at) ?? ["long"];
  writePad(out, smallest, to - at, level);
}

/**
 * Whether going to the boundary must be said: between bit-fields always; else when the next member would not be aligned
 * so by itself, or when the rest of the gap would fit before the boundary, so that the compiler put it there.
 */
function needsBoundary({ from, to, alignment, betweenBitFields }: Gap, boundary: number): boolean {
  if (betweenBitFields) return true;
  return boundary === to ? roundUp(from, alignment * 8) !== boundary : to - boundary <= boundary - from;
}

function writePad(out: CText, type: string, bits: number, level: number): void {
  out.line(level);
  out.text(type);
  out.text(": ");
  out.number(bits);
  out.text(";");
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
