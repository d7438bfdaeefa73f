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

/**
 * The type behind typedefs, qualifiers and type tags (libbpf: `skip_mods_and_typedefs`). Throws a `CoreGenError` with
 * code `bad-btf` when there is no end to them.
 *
 * @example
 * import { Btf, BtfBuilder, skipModifiers } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const pid = b.const(b.typedef("pid_t", b.int("int", 4, { signed: true })));
 * const { id, type } = skipModifiers(Btf.parse(b.build()), pid);
 * console.log(id, type.name); // 1 int
 */
export function skipModifiers(types: TypeTable, id: number): TypeWithId {
  let at = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const type = types.type(at);
    if (!isModifier(type)) return { id: at, type };
    at = type.type;
  }
  throw new CoreGenError("bad-btf", `type [${id}] refers to more than ${MAX_DEPTH} typedefs and qualifiers in a row`);
}

/**
 * `sizeof` a type in bytes, or undefined for one that has none: void, a function, an unfinished struct (libbpf:
 * `btf__resolve_size`). Pointers have 8. Throws a `CoreGenError` with code `bad-btf` when it can't be told.
 *
 * @example
 * import { Btf, BtfBuilder, sizeOf } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const u32 = b.int("unsigned int", 4);
 * const matrix = b.array(b.array(u32, 3, u32), 2, u32);
 * const btf = Btf.parse(b.build());
 * console.log(sizeOf(btf, matrix), sizeOf(btf, 0)); // 24 undefined
 */
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
