import { CoreGenError } from "../errors.ts";
import type { BtfType, TypeTable } from "./types.ts";

/** libbpf's limit (`MAX_RESOLVE_DEPTH`): hostile BTF can refer to itself. */
const MAX_DEPTH = 32;
const POINTER_SIZE = 8;
const LARGEST_SIZE = 0xffff_ffff;

/** Whether the type only qualifies or names another one. */
export function isModifier(
  type: BtfType,
): type is Extract<BtfType, { kind: "typedef" | "volatile" | "const" | "restrict" | "type_tag" }> {
  switch (type.kind) {
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return true;
    default:
      return false;
  }
}

/** A type and its id. */
export interface TypeWithId {
  readonly id: number;
  readonly type: BtfType;
}

/** The type behind typedefs, qualifiers and type tags (libbpf: `skip_mods_and_typedefs`). Throws when there is no end to them. */
export function skipModifiers(types: TypeTable, id: number): TypeWithId {
  let at = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const type = types.type(at);
    if (!isModifier(type)) return { id: at, type };
    at = type.type;
  }
  throw new CoreGenError("bad-btf", `type [${id}] refers to more than ${MAX_DEPTH} typedefs and qualifiers in a row`);
}

/** `sizeof` a type in bytes, or undefined for one that has none: void, a function, an unfinished struct (libbpf: `btf__resolve_size`). */
export function sizeOf(types: TypeTable, id: number): number | undefined {
  let elements = 1;
  let at = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const type = types.type(at);
    switch (type.kind) {
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "datasec":
      case "float":
        return total(id, elements, type.size);
      case "ptr":
        return total(id, elements, POINTER_SIZE);
      case "array":
        elements *= type.nelems;
        at = type.type;
        break;
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "var":
      case "decl_tag":
        at = type.type;
        break;
      case "void":
      case "fwd":
      case "func":
      case "func_proto":
        return undefined;
    }
  }
  throw new CoreGenError(
    "bad-btf",
    `the size of type [${id}] can't be told: it refers to more than ${MAX_DEPTH} other types in a row`,
  );
}

function total(id: number, elements: number, size: number): number {
  const bytes = elements * size;
  if (bytes <= LARGEST_SIZE) return bytes;
  throw new CoreGenError("bad-btf", `type [${id}] is larger than ${LARGEST_SIZE} bytes`);
}
