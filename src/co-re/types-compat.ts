import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { FuncProtoType } from "../btf/types.ts";
import { kindsAreCompatible } from "./compat.ts";
import { SpecError } from "./spec.ts";

/** libbpf's limits: of levels of function prototypes, and of pointers and arrays in a row within one level. */
const MAX_LEVEL = 32;
const MAX_DEPTH = 32;

/**
 * Whether a type of the kernel is the program's type, by kind alone: two structs are, whatever they contain
 * (libbpf: `__bpf_core_types_are_compat`). Pointers and arrays are followed, prototypes compared argument by argument.
 */
export function typesAreCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  level: number = MAX_LEVEL,
): boolean {
  // Before typedefs are skipped, too: a typedef is no stand-in for a struct of the same name.
  if (!kindsAreCompatible(local.kind(localId), target.kind(targetId))) return false;
  let [a, b] = [localId, targetId];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const { type: one } = skipModifiers(local, a);
    const { type: other } = skipModifiers(target, b);
    if (!kindsAreCompatible(one.kind, other.kind)) return false;
    switch (one.kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "fwd":
        return true;
      case "int":
        return other.kind === "int" && one.offset === 0 && other.offset === 0;
      case "ptr":
      case "array":
        if (other.kind !== one.kind) return false;
        break;
      case "func_proto":
        if (other.kind !== "func_proto" || !paramsAreCompatible(local, one, target, other, level)) return false;
        break;
      case "float":
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "func":
      case "var":
      case "datasec":
      case "decl_tag":
        return false;
    }
    [a, b] = [one.type, other.type];
  }
  throw new SpecError(`the type [${localId}] is nested deeper than ${MAX_DEPTH} levels`);
}

function paramsAreCompatible(
  local: Btf,
  one: FuncProtoType,
  target: Btf,
  other: FuncProtoType,
  level: number,
): boolean {
  if (one.params.length !== other.params.length) return false;
  return one.params.every((param, index) => {
    if (level <= 0) throw new SpecError(`prototypes are nested deeper than ${MAX_LEVEL} levels`);
    const a = skipModifiers(local, param.type).id;
    const b = skipModifiers(target, other.params[index]?.type ?? 0).id;
    return typesAreCompatible(local, a, target, b, level - 1);
  });
}
