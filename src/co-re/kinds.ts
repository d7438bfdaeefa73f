/** The kinds of CO-RE relocations, in the compiler's numbering (`enum bpf_core_relo_kind`), by the names that libbpf prints. */
export const relocationKinds = [
  "byte_off",
  "byte_sz",
  "field_exists",
  "signed",
  "lshift_u64",
  "rshift_u64",
  "local_type_id",
  "target_type_id",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
] as const;

export type RelocationKind = (typeof relocationKinds)[number];

/** The kinds that ask about a field. */
export type FieldRelocationKind = "byte_off" | "byte_sz" | "field_exists" | "signed" | "lshift_u64" | "rshift_u64";
/** The kinds that ask about a whole type. */
export type TypeRelocationKind = "local_type_id" | "target_type_id" | "type_exists" | "type_size" | "type_matches";
/** The kinds that ask about one enumerator. */
export type EnumvalRelocationKind = "enumval_exists" | "enumval_value";

/** Whether a relocation asks about a field (libbpf: `core_relo_is_field_based`). */
export function isFieldBased(kind: RelocationKind): kind is FieldRelocationKind {
  return familyOf(kind) === "field";
}

/** Whether a relocation asks about a type (libbpf: `core_relo_is_type_based`). */
export function isTypeBased(kind: RelocationKind): kind is TypeRelocationKind {
  return familyOf(kind) === "type";
}

function familyOf(kind: RelocationKind): "field" | "type" | "enumval" {
  switch (kind) {
    case "byte_off":
    case "byte_sz":
    case "field_exists":
    case "signed":
    case "lshift_u64":
    case "rshift_u64":
      return "field";
    case "local_type_id":
    case "target_type_id":
    case "type_exists":
    case "type_size":
    case "type_matches":
      return "type";
    case "enumval_exists":
    case "enumval_value":
      return "enumval";
  }
}
