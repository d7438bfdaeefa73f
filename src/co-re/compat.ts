import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { BtfKind } from "../btf/types.ts";

/** libbpf recurses without a limit through arrays of arrays; hostile BTF may have a circle of them. */
const MAX_DEPTH = 32;

/** Whether types of these kinds can stand for one another: equal ones, and enums of 32 and 64 bits (libbpf: `btf_kind_core_compat`). */
export function kindsAreCompatible(local: BtfKind, target: BtfKind): boolean {
  return local === target || (isEnum(local) && isEnum(target));
}

function isEnum(kind: BtfKind): boolean {
  return kind === "enum" || kind === "enum64";
}

/**
 * Whether a field of the kernel can be read as the program's field (libbpf: `bpf_core_fields_are_compat`).
 *
 * Structs and unions always, pointers and floats always, integers of any size and sign; enums and forward declarations
 * when their names agree; arrays when their elements do, whatever their length.
 */
export function fieldsAreCompatible(local: Btf, localId: number, target: Btf, targetId: number, depth = 0): boolean {
  const { type: a } = skipModifiers(local, localId);
  const { type: b } = skipModifiers(target, targetId);
  if (isComposite(a.kind) && isComposite(b.kind)) return true;
  if (!kindsAreCompatible(a.kind, b.kind) || depth > MAX_DEPTH) return false;
  switch (a.kind) {
    case "ptr":
    case "float":
      return true;
    case "fwd":
    case "enum":
    case "enum64":
      return a.name === "" || b.name === "" || essentialName(a.name) === essentialName(b.name);
    case "int":
      return b.kind === "int" && a.offset === 0 && b.offset === 0;
    case "array":
      return b.kind === "array" && fieldsAreCompatible(local, a.type, target, b.type, depth + 1);
    case "void":
    case "struct":
    case "union":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "func_proto":
    case "var":
    case "datasec":
    case "decl_tag":
      return false;
  }
}

function isComposite(kind: BtfKind): boolean {
  return kind === "struct" || kind === "union";
}
