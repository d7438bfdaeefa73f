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

const KIND_INT = 1;
const KIND_PTR = 2;
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

/** `int a(void *a)` and `int b(void *b)`, whose argument has the tag `arg:ctx`; and the ids of the two functions. */
export function argCtxProbe(): { bytes: Uint8Array; main: number; called: number } {
  const proto = (name: number): number[] => [0, info(KIND_FUNC_PROTO, 1), 1, name, 2];
  const func = (name: number, type: number): number[] => [name, info(KIND_FUNC, 1), type];
  const [a, b, tag] = [1, 3, 5];
  const types = [...INT, 0, info(KIND_PTR), 0, ...proto(a), ...func(a, 3), ...proto(b), ...func(b, 5)];
  return { bytes: rawBtf([...types, tag, info(KIND_DECL_TAG), 6, 0], "a\0b\0arg:ctx"), main: 4, called: 6 };
}

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
