import { MOST_ARGUMENTS, type UsdtArgument } from "./arguments.ts";

/**
 * What `usdt.bpf.h` is told about a place of a probe: `struct __bpf_usdt_spec`. libbpf 1.7 added indexed memory, and with
 * that the struct became larger: its bit-fields don't fit into the enum's place. The map's value size says which it is.
 */
interface SpecLayout {
  readonly argumentSize: number;
  readonly type: number;
  /** 16 bits, 12 of them the index register, 4 the shift. Undefined where there is no such thing. */
  readonly index: number | undefined;
  readonly register: number;
  readonly signed: number;
  readonly bitShift: number;
}

const before17: SpecLayout = { argumentSize: 16, type: 8, index: undefined, register: 12, signed: 14, bitShift: 15 };
const since17: SpecLayout = { argumentSize: 24, type: 8, index: 10, register: 14, signed: 16, bitShift: 17 };

const layouts: ReadonlyMap<number, SpecLayout> = new Map(
  [before17, since17].map((layout) => [layout.argumentSize * MOST_ARGUMENTS + 16, layout]),
);

/** `enum __bpf_usdt_arg_type` */
const argumentTypes = ["constant", "register", "memory", "indexed"] as const;

/**
 * The bytes of `struct __bpf_usdt_spec` for a map with values of `size` bytes; undefined when no `usdt.bpf.h` has such a
 * struct, or the one that has it can't say where one of the arguments is.
 */
export function encodeUsdtSpec(
  args: readonly UsdtArgument[],
  cookie: bigint,
  size: number,
  littleEndian: boolean,
): Uint8Array | undefined {
  const layout = layouts.get(size);
  if (layout === undefined || (layout.index === undefined && args.some(({ kind }) => kind === "indexed")))
    return undefined;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [number, argument] of args.entries())
    writeArgument(view, number * layout.argumentSize, argument, layout, littleEndian);
  const end = layout.argumentSize * MOST_ARGUMENTS;
  view.setBigUint64(end, cookie, littleEndian);
  view.setUint16(end + 8, args.length, littleEndian);
  return bytes;
}

function writeArgument(
  view: DataView,
  at: number,
  argument: UsdtArgument,
  layout: SpecLayout,
  littleEndian: boolean,
): void {
  const { kind, size, signed } = argument;
  const value = kind === "constant" ? argument.value : kind === "register" ? 0n : argument.offset;
  view.setBigUint64(at, BigInt.asUintN(64, value), littleEndian);
  const type = argumentTypes.indexOf(kind);
  if (layout.index === undefined) view.setUint32(at + layout.type, type, littleEndian);
  // Bit-fields begin at the other end on big-endian machines: there the reserved byte comes first.
  else view.setUint8(at + layout.type + (littleEndian ? 0 : 4), type);
  if (layout.index !== undefined && kind === "indexed") {
    const bits = littleEndian ? argument.index | (argument.shift << 12) : (argument.index << 4) | argument.shift;
    view.setUint16(at + layout.index, bits, littleEndian);
  }
  view.setUint16(at + layout.register, kind === "constant" ? 0 : argument.register, littleEndian);
  view.setUint8(at + layout.signed, signed ? 1 : 0);
  view.setUint8(at + layout.bitShift, 64 - size * 8);
}
