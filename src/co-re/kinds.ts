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

/** Whether a relocation asks about a field (libbpf: `core_relo_is_field_based`). */
export function isFieldBased(kind: RelocationKind): kind is FieldRelocationKind {
  switch (kind) {
    case "byte_off":
    case "byte_sz":
    case "field_exists":
    case "signed":
    case "lshift_u64":
    case "rshift_u64":
      return true;
    case "local_type_id":
    case "target_type_id":
    case "type_exists":
    case "type_size":
    case "enumval_exists":
    case "enumval_value":
    case "type_matches":
      return false;
  }
}
