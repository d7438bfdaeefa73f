import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { BtfType, Member } from "../btf/types.ts";
import {
  isFieldBased,
  isTypeBased,
  type EnumvalRelocationKind,
  type FieldRelocationKind,
  type RelocationKind,
  type TypeRelocationKind,
} from "./kinds.ts";
import { sizeOrThrow, SpecError, type Accessor, type Spec } from "./spec.ts";

/** What a relocation comes to in one set of types. */
export interface RelocationValue {
  /** As libbpf's `__u64`: what is negative is extended to 64 bits. */
  readonly value: bigint;
  /** Bytes that a load or store of the field moves and the field's type; undefined where the instruction is no load or store of it. */
  readonly access: FieldAccess | undefined;
  /** Whether the instruction must hold the value that the program's own types give. */
  readonly validate: boolean;
}

/** How the field is loaded: needed when its size changes. */
export interface FieldAccess {
  readonly size: number;
  readonly btf: Btf;
  readonly typeId: number;
}

/**
 * The value of a relocation in code of a byte order; no spec means that no type of the kernel has it. Undefined asks for the instruction to be
 * poisoned. Throws a SpecError where libbpf refuses (libbpf: `bpf_core_calc_relo`).
 */
export function relocationValue(
  spec: Spec | undefined,
  kind: RelocationKind,
  littleEndian: boolean,
): RelocationValue | undefined {
  if (isFieldBased(kind)) {
    const field = fieldValue(spec, kind, littleEndian);
    return field && { ...field, value: BigInt(field.value) };
  }
  const value = isTypeBased(kind) ? typeValue(spec, kind) : enumvalValue(spec, kind);
  // Linkers of objects renumber types and do not follow into instructions.
  const validate = kind !== "local_type_id" && kind !== "target_type_id";
  return value === undefined ? undefined : { value, access: undefined, validate };
}

/** libbpf: `bpf_core_calc_type_relo`. */
function typeValue(spec: Spec | undefined, kind: TypeRelocationKind): bigint {
  if (spec === undefined) return 0n;
  switch (kind) {
    case "local_type_id":
    case "target_type_id":
      return BigInt(spec.rootTypeId);
    case "type_exists":
    case "type_matches":
      return 1n;
    case "type_size":
      return BigInt(sizeOrThrow(spec.btf, spec.rootTypeId));
  }
}

/** libbpf: `bpf_core_calc_enumval_relo`. */
function enumvalValue(spec: Spec | undefined, kind: EnumvalRelocationKind): bigint | undefined {
  if (kind === "enumval_exists") return spec === undefined ? 0n : 1n;
  return spec && BigInt.asUintN(64, enumeratorOf(spec));
}

/** The value of the enumerator that a spec is about; one of 32 bits is signed, as libbpf reads it, whatever the enum. */
export function enumeratorOf(spec: Spec): bigint {
  const { typeId, index } = spec.accessors[0] ?? { typeId: 0, index: 0 };
  const type = spec.btf.type(typeId);
  if (type.kind === "enum") return BigInt.asIntN(32, BigInt(type.values[index]?.value ?? 0));
  return type.kind === "enum64" ? (type.values[index]?.value ?? 0n) : 0n;
}

interface FieldValue extends Omit<RelocationValue, "value"> {
  readonly value: number;
}

/** libbpf: `bpf_core_calc_field_relo`. */
function fieldValue(spec: Spec | undefined, kind: FieldRelocationKind, littleEndian: boolean): FieldValue | undefined {
  if (kind === "field_exists") return { value: spec === undefined ? 0 : 1, access: undefined, validate: true };
  if (spec === undefined) return undefined;
  const last = spec.accessors.at(-1);
  if (last === undefined) throw new SpecError("the field is empty");
  return last.name === undefined ? elementValue(spec, kind, last.typeId) : memberValue(spec, kind, last, littleEndian);
}

type FieldKind = Exclude<FieldRelocationKind, "field_exists">;

function elementValue(spec: Spec, kind: FieldKind, typeId: number): FieldValue {
  switch (kind) {
    case "byte_off":
      return { value: Math.floor(spec.bitOffset / 8), access: accessOf(spec.btf, typeId), validate: true };
    case "byte_sz":
      return { value: sizeOrThrow(spec.btf, typeId), access: undefined, validate: true };
    case "signed":
    case "lshift_u64":
    case "rshift_u64":
      throw new SpecError(`the relocation ${kind} can't be applied to an array element`);
  }
}

/** For arrays the size of one element is what a load moves (libbpf since 1.6). */
function accessOf(btf: Btf, typeId: number): FieldAccess {
  let element = skipModifiers(btf, typeId);
  for (let depth = 0; element.type.kind === "array" && depth < 64; depth++)
    element = skipModifiers(btf, element.type.type);
  return { size: sizeOrThrow(btf, element.id), btf, typeId };
}

/** Where and how many bytes to load for a field. */
interface Load {
  readonly byteOffset: number;
  readonly byteSize: number;
  readonly bitSize: number;
}

function memberValue(spec: Spec, kind: FieldKind, { typeId, index }: Accessor, littleEndian: boolean): FieldValue {
  const parent = spec.btf.type(typeId);
  const member = "members" in parent ? parent.members[index] : undefined;
  if (member === undefined) throw new SpecError(`type [${typeId}] has no member ${index}`);
  const { id, type } = skipModifiers(spec.btf, member.type);
  const bitField = member.bitSize > 0;
  const load = bitField ? bitFieldLoad(spec, member, type) : plainLoad(spec, id);
  // Compilers may choose other loads for a bit-field than we do, so only what is never ambiguous is validated.
  const validate = !bitField || kind === "signed" || kind === "rshift_u64";
  const access = kind === "byte_off" && !bitField ? accessOf(spec.btf, id) : undefined;
  return { value: valueOfLoad(kind, { spec, load, type, littleEndian }), access, validate };
}

function plainLoad(spec: Spec, typeId: number): Load {
  const byteSize = sizeOrThrow(spec.btf, typeId);
  return { byteSize, byteOffset: Math.floor(spec.bitOffset / 8), bitSize: byteSize * 8 };
}

/** The smallest aligned load, from the size of the declared type up, that holds all bits of a bit-field. */
function bitFieldLoad(spec: Spec, { bitSize }: Member, type: BtfType): Load {
  let byteSize = "size" in type ? type.size : 0;
  if (byteSize === 0) throw new SpecError(`a bit-field can't have the type ${type.kind}`);
  for (;;) {
    const byteOffset = Math.floor(Math.floor(spec.bitOffset / 8) / byteSize) * byteSize;
    if (spec.bitOffset + bitSize - byteOffset * 8 <= byteSize * 8) return { byteSize, byteOffset, bitSize };
    if (byteSize >= 8) throw new SpecError("the bit-field can't be read with one load of 8 bytes");
    byteSize *= 2;
  }
}

/** A load, of what, and for which machine. */
interface FieldLoad {
  readonly spec: Spec;
  readonly load: Load;
  readonly type: BtfType;
  readonly littleEndian: boolean;
}

function valueOfLoad(kind: FieldKind, { spec, load, type, littleEndian }: FieldLoad): number {
  const { byteOffset, byteSize, bitSize } = load;
  switch (kind) {
    case "byte_off":
      return byteOffset;
    case "byte_sz":
      return byteSize;
    case "signed":
      return "signed" in type && type.signed ? 1 : 0;
    // The code's byte order and not the target's, which libbpf never compares (`__BYTE_ORDER` of its own machine). Of
    // fields of more than 8 bytes, shifts are negative: libbpf has them as 32-bit numbers without a sign.
    case "lshift_u64":
      return littleEndian
        ? (64 - (spec.bitOffset + bitSize - byteOffset * 8)) >>> 0
        : ((8 - byteSize) * 8 + (spec.bitOffset - byteOffset * 8)) >>> 0;
    case "rshift_u64":
      return (64 - bitSize) >>> 0;
  }
}
