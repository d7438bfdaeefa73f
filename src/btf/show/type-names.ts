import { printable } from "../printable.ts";
import type { BtfType, FuncProtoType, TypeTable } from "../types.ts";
import type { Budget } from "./budget.ts";

/** Names of types as pahole writes them, which differs from C here and there: "struct list_head * *", "const char  *". */
export class TypeNames {
  readonly types: TypeTable;
  readonly #budget: Budget;

  constructor(types: TypeTable, budget: Budget) {
    this.types = types;
    this.#budget = budget;
  }

  /** The type without a name that it declares (pahole: `tag__name`). An array is named as its elements are. */
  nameOf(id: number, depth = 0): string {
    const type = this.types.type(id);
    this.#budget.spend(type.name.length, depth);
    switch (type.kind) {
      case "void":
        return "void";
      case "ptr":
        return this.#pointerName(type.type, depth);
      case "const":
      case "volatile":
        return `${type.kind} ${this.nameOf(type.type, depth + 1)} `;
      case "restrict":
        return `${this.nameOf(type.type, depth + 1)} restrict `;
      case "array":
      case "type_tag":
      case "decl_tag":
      case "var":
        return this.nameOf(type.type, depth + 1);
      case "func_proto":
        return this.prototype(type, "", 0, depth + 1);
      default:
        return `${keywordOf(type)}${printable(type.name)}`;
    }
  }

  /** `void             (*name)(int, ...)`: `name` with its star, in front of it what is returned, in a column. */
  prototype(type: FuncProtoType, name: string, column: number, depth: number): string {
    return `${this.nameOf(type.type, depth + 1).padEnd(Math.abs(column))} (${name})${this.params(type, depth)}`;
  }

  /** The parameters in parentheses. */
  params({ params }: FuncProtoType, depth: number): string {
    // One without a type is the dots.
    const shown = params
      .filter(({ type }) => type !== 0)
      .map(({ type, name }) => this.#param(type, printable(name), depth));
    if (shown.length === 0) return "(void)";
    return `(${shown.join(", ")}${shown.length < params.length ? ", ..." : ""})`;
  }

  #param(id: number, name: string, depth: number): string {
    const type = this.types.type(id);
    const target = type.kind === "ptr" ? this.types.type(type.type) : type;
    if (type.kind === "ptr" && target.kind === "func_proto") return this.prototype(target, `*${name}`, 0, depth + 1);
    return `${this.nameOf(id, depth + 1)}${name === "" ? "" : " "}${name}`;
  }

  #pointerName(target: number, depth: number): string {
    const type = this.types.type(target);
    // int *const *: the qualifier of the pointer that is pointed to.
    if (type.kind === "const" && this.types.type(type.type).kind === "ptr")
      return `${this.nameOf(type.type, depth + 1)} const *`;
    return `${this.nameOf(target, depth + 1)} *`;
  }
}

/** What C writes in front of the name: "struct ", "" for a typedef. */
export function keywordOf(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} `;
    case "enum64":
      return "enum ";
    case "fwd":
      return type.union ? "union " : "struct ";
    default:
      return "";
  }
}
