import { ByteWriter } from "../../btf/bytes.ts";
import { hostIsLittleEndian } from "../memory.ts";

const MAGIC = 0xeb9f;
const HEADER_SIZE = 24;

/** Raw BTF of the given types, as 32-bit words, and NUL-separated names behind the empty one. */
export function rawBtf(words: readonly number[], names: string): Uint8Array {
  const strings = Buffer.from(`\0${names}\0`);
  const out = new ByteWriter(hostIsLittleEndian);
  out.u16(MAGIC);
  out.u8(1);
  out.u8(0);
  out.u32(HEADER_SIZE);
  out.u32(0);
  out.u32(words.length * 4);
  out.u32(words.length * 4);
  out.u32(strings.length);
  out.append(new Uint8Array(Uint32Array.from(words).buffer));
  out.append(strings);
  return out.finish();
}

/** Nothing but an int. */
export function minimalBtf(): Uint8Array {
  return rawBtf([1, ...INT.slice(1)], "int");
}

/**
 * The same with a section that says how long each kind's records are, which is at the end of a longer header:
 * `struct btf_layout { u8 info_sz, elem_sz; u16 flags }` for void and for int.
 */
export function layoutBtf(): Uint8Array {
  const strings = Buffer.from("\0int\0");
  const types = [1, ...INT.slice(1)];
  const typesLength = types.length * 4;
  const layout = [0, 0, 0, 0, 4, 0, 0, 0];
  const out = new ByteWriter(hostIsLittleEndian);
  out.u16(MAGIC);
  out.u8(1);
  out.u8(0);
  out.u32(LONG_HEADER_SIZE);
  for (const field of [0, typesLength, typesLength + layout.length, strings.length, typesLength, layout.length])
    out.u32(field);
  for (const word of types) out.u32(word);
  out.append(Uint8Array.from(layout));
  out.append(strings);
  return out.finish();
}
const LONG_HEADER_SIZE = 32;

const KIND_INT = 1;
const KIND_PTR = 2;
const KIND_STRUCT = 4;
const KIND_FUNC = 12;
const KIND_FUNC_PROTO = 13;
const KIND_VAR = 14;
const KIND_DATASEC = 15;
const KIND_FLOAT = 16;
const KIND_DECL_TAG = 17;
const KIND_TYPE_TAG = 18;
const KIND_ENUM64 = 19;

/** `info` of struct btf_type. */
const info = (kind: number, vlen = 0): number => kind * 2 ** 24 + vlen;
/** `int`, without a name: 4 bytes, signed, 32 bits. */
const INT: readonly number[] = [0, info(KIND_INT), 4, 0x0100_0020];
/** `static int x`, of type 1; "x" is the first name. */
const VAR: readonly number[] = [1, info(KIND_VAR), 1, 0];
const PROTO: readonly number[] = [0, info(KIND_FUNC_PROTO, 1), 0, 1, 1];
const ALL = 0xffff_ffff;
const GLOBAL = 1;

/** `int`, and `struct val { int cnt; struct bpf_spin_lock l; }`, by their ids. */
export const SPIN_LOCK: ValueTypes = {
  words: [...INT, ...[1, info(KIND_STRUCT, 1), 4, 15, 1, 0], ...[15, info(KIND_STRUCT, 2), 8, 19, 1, 0, 23, 2, 32]],
  names: "bpf_spin_lock\0val\0cnt\0l",
  int: 1,
  value: 3,
};

/** Types of a map. */
interface ValueTypes {
  readonly words: readonly number[];
  readonly names: string;
  readonly int: number;
  readonly value: number;
}

/** Types of two functions, by their ids. */
interface FunctionTypes {
  readonly words: readonly number[];
  readonly names: string;
  readonly main: number;
  readonly callee: number;
}

/** `int a(void *a)`, and `int b(void *b __arg_ctx)`, which it calls. */
export const ARG_CTX: FunctionTypes = {
  words: [
    ...[1, ...INT.slice(1)],
    ...[0, info(KIND_PTR), 0],
    ...[0, info(KIND_FUNC_PROTO, 1), 1, 1, 2],
    ...[1, info(KIND_FUNC, GLOBAL), 3],
    ...[0, info(KIND_FUNC_PROTO, 1), 1, 3, 2],
    ...[3, info(KIND_FUNC, GLOBAL), 5],
    ...[5, info(KIND_DECL_TAG), 6, 0],
  ],
  names: "a\0b\0arg:ctx",
  main: 4,
  callee: 6,
};

/** The smallest BTF that has what a probe is about: the same as libbpf's (`features.c`). */
export const probes: Readonly<Record<BtfFeature, () => Uint8Array>> = {
  "btf-func": () => rawBtf([...INT, ...PROTO, 1, info(KIND_FUNC), 2], "x"),
  "btf-func-global": () => rawBtf([...INT, ...PROTO, 1, info(KIND_FUNC, 1), 2], "x"),
  "btf-datasec": () => rawBtf([...INT, ...VAR, 3, info(KIND_DATASEC, 1), 4, 2, 0, 4], "x\0.data"),
  "btf-datasec-question-mark": () => rawBtf([...INT, ...VAR, 3, info(KIND_DATASEC, 1), 4, 2, 0, 4], "x\0?.data"),
  "btf-float": () => rawBtf([1, info(KIND_FLOAT), 4], "float"),
  "btf-decl-tag": () => rawBtf([...INT, ...VAR, 3, info(KIND_DECL_TAG), 2, ALL], "x\0tag"),
  "btf-type-tag": () => rawBtf([...INT, 1, info(KIND_TYPE_TAG), 1, 0, info(KIND_PTR), 2], "tag"),
  "btf-enum64": () => rawBtf([1, info(KIND_ENUM64, 1), 8, 6, 0, 0], "many\0one"),
};

/** What a kernel may or may not understand in BTF. */
export type BtfFeature =
  | "btf-func"
  | "btf-func-global"
  | "btf-datasec"
  | "btf-datasec-question-mark"
  | "btf-float"
  | "btf-decl-tag"
  | "btf-type-tag"
  | "btf-enum64";
