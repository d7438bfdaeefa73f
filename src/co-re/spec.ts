import type { Btf } from "../btf/btf.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { ArrayType } from "../btf/types.ts";
import type { FieldRelocationKind } from "./kinds.ts";

/** The longest access string that libbpf takes (`BPF_CORE_SPEC_MAX_LEN`). */
export const MAX_SPEC_LENGTH = 64;
/** libbpf reads them as int. */
const LARGEST_INDEX = 0x7fff_ffff;

/** One step on the way to a field: a named member, or an array element (no name). */
export interface Accessor {
  /** The struct or union that has the member, or the element's type; behind typedefs and qualifiers. */
  readonly typeId: number;
  readonly index: number;
  readonly name: string | undefined;
}

/** The way to a field of a type (libbpf: `struct bpf_core_spec`). */
export interface Spec {
  readonly btf: Btf;
  readonly kind: FieldRelocationKind;
  readonly rootTypeId: number;
  readonly accessors: Accessor[];
  /** Every index, those of anonymous members, too. */
  readonly rawSpec: number[];
  /** Of the field, from the start of the root type, in bits. */
  bitOffset: number;
}

/** What is wrong with an access string, without saying whose it is. */
export class SpecError extends Error {
  override readonly name = "SpecError";
}

/**
 * Follows an access string, "0:1:2", through the object's own types (libbpf: `bpf_core_parse_spec`).
 *
 * The first number indexes the root pointer as an array, the others members and array elements. Throws a SpecError
 * when the string and the types do not fit together.
 */
export function parseFieldSpec(btf: Btf, rootTypeId: number, access: string, kind: FieldRelocationKind): Spec {
  const rawSpec = parseAccess(access);
  const root = skipModifiers(btf, rootTypeId);
  const first = rawSpec[0] ?? 0;
  const spec: Spec = {
    btf,
    kind,
    rootTypeId,
    rawSpec,
    accessors: [{ typeId: root.id, index: first, name: undefined }],
    bitOffset: 0,
  };
  spec.bitOffset = first * sizeOrThrow(btf, root.id) * 8;
  let id = root.id;
  for (const index of rawSpec.slice(1)) id = followAccessor(spec, id, index);
  return spec;
}

function parseAccess(access: string): number[] {
  if (!/^\d+(:\d+)*$/u.test(access))
    throw new SpecError(`"${access}" is not a list of numbers with colons between them`);
  const indexes = access.split(":").map(Number);
  if (indexes.length > MAX_SPEC_LENGTH) throw new SpecError(`it has more than ${MAX_SPEC_LENGTH} steps`);
  if (indexes.some((index) => index > LARGEST_INDEX)) throw new SpecError(`"${access}" has a number that is too large`);
  return indexes;
}

function followAccessor(spec: Spec, parentId: number, index: number): number {
  const { btf, accessors } = spec;
  const { id, type } = skipModifiers(btf, parentId);
  if (type.kind === "struct" || type.kind === "union") {
    const member = type.members[index];
    if (member === undefined)
      throw new SpecError(
        `${type.kind} ${type.name === "" ? "(anonymous)" : type.name} [${id}] has no member ${index}`,
      );
    spec.bitOffset += member.bitOffset;
    // An anonymous struct or union is passed through: only names have to be the same in the kernel.
    if (member.name !== "") accessors.push({ typeId: id, index, name: member.name });
    return member.type;
  }
  if (type.kind !== "array") throw new SpecError(`type [${id}] is of kind ${type.kind}, which has no member ${index}`);
  const element = skipModifiers(btf, type.type).id;
  if (!isFlexibleArray(btf, accessors.at(-1), type) && index >= type.nelems) {
    throw new SpecError(`array [${id}] has ${type.nelems} elements, none with number ${index}`);
  }
  accessors.push({ typeId: element, index, name: undefined });
  spec.bitOffset += index * sizeOrThrow(btf, element) * 8;
  return element;
}

/** Whether an array without a length is the last member of its struct (libbpf: `is_flex_arr`). */
export function isFlexibleArray(btf: Btf, accessor: Accessor | undefined, array: ArrayType): boolean {
  if (accessor?.name === undefined || array.nelems > 0) return false;
  const parent = btf.type(accessor.typeId);
  return (parent.kind === "struct" || parent.kind === "union") && accessor.index === parent.members.length - 1;
}

/** The size of a type in bytes; a SpecError for one that has none. */
export function sizeOrThrow(btf: Btf, id: number): number {
  const size = sizeOf(btf, id);
  if (size === undefined) throw new SpecError(`type [${id}] has no size`);
  return size;
}

/** The way to the field as C writes it: "task_struct.comm[3]". */
export function fieldText(spec: Spec): string {
  const steps = spec.accessors.slice(1).map(({ name, index }) => (name === undefined ? `[${index}]` : `.${name}`));
  const first = spec.accessors[0]?.index ?? 0;
  return `${spec.btf.name(spec.rootTypeId)}${first > 0 ? `[${first}]` : ""}${steps.join("")}`;
}
