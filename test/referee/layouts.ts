import type { Btf } from "../../src/btf/btf.ts";
import { sizeOf, skipModifiers } from "../../src/btf/resolve.ts";
import type { Member } from "../../src/btf/types.ts";

/**
 * The layouts of types by what they are called, "struct task_struct", "enum e", "typedef u32", as text that can be
 * compared; several types can have one name.
 */
export type Layouts = ReadonlyMap<string, readonly string[]>;

/** The layout of what is declared and not defined. */
export const DECLARED = "declared";

/** All that the compiler decides about types: sizes, where members and bit-fields are, enumerators' values. */
export function layoutsOf(btf: Btf): Layouts {
  const layouts = new Map<string, string[]>();
  for (let id = 1; id < btf.typeCount; id++) {
    const type = btf.type(id);
    if (type.name === "") continue;
    switch (type.kind) {
      case "struct":
      case "union":
        add(layouts, `${type.kind} ${type.name}`, bodyOf(btf, id));
        break;
      case "enum":
      case "enum64":
        // One without values is only declared, and there is nothing to compare.
        if (type.values.length > 0) add(layouts, `enum ${type.name}`, bodyOf(btf, id));
        break;
      case "typedef":
        add(layouts, `typedef ${type.name}`, layoutOf(btf, type.type));
        break;
      default:
    }
  }
  return layouts;
}

function add(all: Map<string, string[]>, name: string, layout: string): void {
  const known = all.get(name);
  if (known === undefined) all.set(name, [layout]);
  else known.push(layout);
}

function bodyOf(btf: Btf, id: number): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "struct":
    case "union":
      return `${type.kind} of ${type.size}: ${type.members.map((member) => memberOf(btf, member)).join(", ")}`;
    case "enum":
    case "enum64":
      return `enum of ${type.size}: ${type.values.map(({ value }) => value).join(", ")}`;
    default:
      return type.kind;
  }
}

function memberOf(btf: Btf, { name, type, bitOffset, bitSize }: Member): string {
  return `${name} at ${bitOffset}${bitSize > 0 ? `:${bitSize}` : ""} ${layoutOf(btf, type)}`;
}

/** Of a type with a name, its own entry has the rest. */
function layoutOf(btf: Btf, id: number): string {
  const { id: target, type } = skipModifiers(btf, id);
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
      return type.name === "" ? `{ ${bodyOf(btf, target)} }` : `${type.kind} of ${type.size}`;
    case "fwd":
      return DECLARED;
    case "array":
      return `${type.nelems} × ${layoutOf(btf, type.type)}`;
    default:
      return `${type.kind} of ${sizeOf(btf, target) ?? "no size"}`;
  }
}
