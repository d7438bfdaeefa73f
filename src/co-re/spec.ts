import type { Btf } from "../btf/btf.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { ArrayType } from "../btf/types.ts";
import { isFieldBased, isTypeBased, type FieldRelocationKind, type RelocationKind } from "./kinds.ts";

/** The longest access string that libbpf takes (`BPF_CORE_SPEC_MAX_LEN`). */
export const MAX_SPEC_LENGTH = 64;
/** libbpf reads them as int. */
const LARGEST_INDEX = 0x7fff_ffff;

/** One step on the way to a field: a named member, or an array element (no name). Of an enumerator, the only step. */
export interface Accessor {
  /** The struct or union that has the member, or the element's type; behind typedefs and qualifiers. */
  readonly typeId: number;
  readonly index: number;
  readonly name: string | undefined;
}

/** What a relocation is about: the way to a field of a type, an enumerator, or the type itself (libbpf: `struct bpf_core_spec`). */
export interface Spec {
  readonly btf: Btf;
  readonly kind: RelocationKind;
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
 * Follows an access string through the object's own types (libbpf: `bpf_core_parse_spec`).
 *
 * Of a field, "0:1:2", the first number indexes the root pointer as an array, the others members and array elements;
 * of an enumerator the only number is its index; of a type it is "0". Throws a SpecError when the string and the types
 * do not fit together.
 */
export function parseSpec(btf: Btf, rootTypeId: number, access: string, kind: RelocationKind): Spec {
  if (isFieldBased(kind)) return parseFieldSpec(btf, rootTypeId, access, kind);
  if (!isTypeBased(kind)) return parseEnumvalSpec(btf, rootTypeId, access, kind);
  if (access !== "0") throw new SpecError(`the access string of a type must be "0", not "${access}"`);
  return { btf, kind, rootTypeId, rawSpec: [], accessors: [], bitOffset: 0 };
}

function parseEnumvalSpec(btf: Btf, rootTypeId: number, access: string, kind: RelocationKind): Spec {
  const rawSpec = parseAccess(access);
  const { id, type } = skipModifiers(btf, rootTypeId);
  const [index = 0] = rawSpec;
  const enumerator = type.kind === "enum" || type.kind === "enum64" ? type.values[index] : undefined;
  if (enumerator === undefined || rawSpec.length > 1) throw new SpecError(`type [${id}] has no enumerator ${access}`);
  const accessors = [{ typeId: id, index, name: enumerator.name }];
  return { btf, kind, rootTypeId, rawSpec, accessors, bitOffset: 0 };
}

function parseFieldSpec(btf: Btf, rootTypeId: number, access: string, kind: FieldRelocationKind): Spec {
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

/** What the relocation is about, nearly as C writes it: "task_struct.comm[3]", "tcp_state::TCP_CLOSE", "task_struct". */
export function specText(spec: Spec): string {
  const root = spec.btf.name(spec.rootTypeId);
  if (isTypeBased(spec.kind)) return root === "" ? `[${spec.rootTypeId}]` : root;
  if (!isFieldBased(spec.kind)) return `${root}::${spec.accessors[0]?.name ?? ""}`;
  const steps = spec.accessors.slice(1).map(({ name, index }) => (name === undefined ? `[${index}]` : `.${name}`));
  const first = spec.accessors[0]?.index ?? 0;
  return `${root}${first > 0 ? `[${first}]` : ""}${steps.join("")}`;
}
