import { skipModifiers } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";

/** Whether C code can name it: a struct, union or enum by its own name, or by a typedef's. */
export function isDeclarable(types: TypeTable, id: number): boolean {
  const type = types.type(id);
  const { type: declared } = type.kind === "typedef" ? skipModifiers(types, id) : { type };
  switch (declared.kind) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
      return type.name !== "";
    default:
      return false;
  }
}
