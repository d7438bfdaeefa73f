import type { BtfType, Member, TypeTable } from "./types.ts";

/** Hostile BTF can make a declaration that never ends, or one of many gigabytes. */
const MAX_TYPES = 64;
const MAX_LENGTH = 160;

/** `char comm[16]`, `struct list_head *next`, `int (*run)(void *)`: the C declaration of a member or variable, on one line. */
export function cDeclaration(types: TypeTable, id: number, name: string): string {
  const text = new Declarator(types).declare(id, name.slice(0, MAX_LENGTH)).trimEnd();
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** The C declaration of a member: a bit-field has its width, `u32 flags : 3`. */
export function cMember(types: TypeTable, member: Member): string {
  const declaration = cDeclaration(types, member.type, member.name);
  return member.bitSize === 0 ? declaration : `${declaration} : ${member.bitSize}`;
}

/** The type's name in C: "struct event", "u32", "char[16]". */
export function cTypeName(types: TypeTable, id: number): string {
  return cDeclaration(types, id, "").replace(/ \[/u, "[");
}

class Declarator {
  readonly #types: TypeTable;
  #seen = 0;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  /** `inner` grows outwards from the name, as C reads: pointers on its left, arrays and parameters on its right. */
  declare(id: number, inner: string): string {
    if (++this.#seen > MAX_TYPES || inner.length > MAX_LENGTH) return `… ${inner}`;
    const type = this.#types.type(id);
    switch (type.kind) {
      case "ptr":
        return this.declare(type.type, bindsTighter(this.#types.type(type.type)) ? `(*${inner})` : `*${inner}`);
      case "array":
        return this.declare(type.type, `${inner}[${type.nelems === 0 ? "" : type.nelems}]`);
      case "func_proto":
        return this.declare(type.type, `${inner}(${this.#params(type)})`);
      case "const":
      case "volatile":
      case "restrict":
        // A qualifier of a pointer stands right of its star, any other qualifier comes first.
        if (this.#types.type(type.type).kind === "ptr") return this.declare(type.type, `${type.kind} ${inner}`);
        return `${type.kind} ${this.declare(type.type, inner)}`;
      case "type_tag":
      case "var":
      case "decl_tag":
        return this.declare(type.type, inner);
      default:
        return `${specifier(type)} ${inner}`;
    }
  }

  #params({ params }: Extract<BtfType, { kind: "func_proto" }>): string {
    if (params.length === 0) return "void";
    const shown = params.slice(0, MAX_TYPES).map(({ type, name }) => {
      return type === 0 && name === "" ? "..." : this.declare(type, name).trimEnd();
    });
    return shown.join(", ");
  }
}

function bindsTighter(type: BtfType): boolean {
  return type.kind === "array" || type.kind === "func_proto";
}

function specifier(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} ${type.name || "{…}"}`;
    case "enum64":
      return `enum ${type.name || "{…}"}`;
    case "fwd":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    case "void":
      return "void";
    default:
      return type.name;
  }
}
