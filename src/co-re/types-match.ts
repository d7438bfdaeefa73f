import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { BtfType, Enum64Type, EnumType, FuncProtoType, StructType, UnionType } from "../btf/types.ts";
import { SpecError } from "./spec.ts";

/** libbpf's limits: of structs and prototypes in one another, and of pointers and arrays in a row within one level. */
const MAX_LEVEL = 32;
const MAX_DEPTH = 32;
/** Structs that contain many structs are compared pair by pair; hostile types could keep us busy for years. */
const MAX_PAIRS = 1_000_000;

/**
 * Whether a type of the kernel has all that the program's type has: every member and enumerator, by name, with
 * matching types (libbpf: `__bpf_core_types_match`). Behind pointers only names and kinds of structs count.
 */
export function typesMatch(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return new Matcher(local, target).match(localId, targetId, false, MAX_LEVEL);
}

class Matcher {
  readonly #local: Btf;
  readonly #target: Btf;
  #pairs = 0;

  constructor(local: Btf, target: Btf) {
    this.#local = local;
    this.#target = target;
  }

  match(localId: number, targetId: number, isBehindPointer: boolean, level: number): boolean {
    if (level <= 0) throw new SpecError(`the type is nested deeper than ${MAX_LEVEL} levels`);
    if (++this.#pairs > MAX_PAIRS) throw new SpecError(`comparing it takes more than ${MAX_PAIRS} steps`);
    let [a, b, behindPointer] = [localId, targetId, isBehindPointer];
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const { type: one } = skipModifiers(this.#local, a);
      const { type: other } = skipModifiers(this.#target, b);
      if (!namesMatch(one.name, other.name)) return false;
      switch (one.kind) {
        case "void":
          return other.kind === "void";
        case "fwd":
          return forwardMatches(one.union, other, behindPointer);
        case "enum":
        case "enum64":
          return (other.kind === "enum" || other.kind === "enum64") && enumsMatch(one, other);
        case "struct":
        case "union":
          return behindPointer ? isSameComposite(one, other) : this.#membersMatch(one, other, level);
        case "int":
          return other.kind === "int" && one.size === other.size && one.signed === other.signed;
        case "ptr":
          if (other.kind !== "ptr") return false;
          behindPointer = true;
          break;
        case "array":
          if (other.kind !== "array" || one.nelems !== other.nelems) return false;
          break;
        case "func_proto":
          if (other.kind !== "func_proto" || !this.#paramsMatch(one, other, behindPointer, level)) return false;
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
    throw new SpecError(`the type is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** Several members may have the same name: anonymous ones have none, and each is compared with each. */
  #membersMatch(one: StructType | UnionType, other: BtfType, level: number): boolean {
    if (other.kind !== one.kind || one.members.length > other.members.length) return false;
    return one.members.every(({ name, type }) =>
      other.members.some((member) => namesMatch(name, member.name) && this.match(type, member.type, false, level - 1)),
    );
  }

  #paramsMatch(one: FuncProtoType, other: FuncProtoType, behindPointer: boolean, level: number): boolean {
    if (one.params.length !== other.params.length) return false;
    return one.params.every(({ type }, index) =>
      this.match(type, other.params[index]?.type ?? 0, behindPointer, level - 1),
    );
  }
}

/** Without flavour suffixes; no name matches no name only (libbpf: `bpf_core_names_match`). */
function namesMatch(one: string, other: string): boolean {
  if (other === "") return one === "";
  return essentialName(one) === essentialName(other);
}

function forwardMatches(isUnion: boolean, other: BtfType, behindPointer: boolean): boolean {
  if (other.kind === "fwd") return isUnion === other.union;
  return behindPointer && other.kind === (isUnion ? "union" : "struct");
}

function isSameComposite(one: StructType | UnionType, other: BtfType): boolean {
  if (other.kind === "fwd") return (one.kind === "union") === other.union;
  return one.kind === other.kind;
}

/** The kernel's enum has the same size and every name of the program's; values may differ. */
function enumsMatch(one: EnumType | Enum64Type, other: EnumType | Enum64Type): boolean {
  if (one.size !== other.size || one.values.length > other.values.length) return false;
  const names = new Set(other.values.map(({ name }) => essentialName(name)));
  return one.values.every(({ name }) => names.has(essentialName(name)));
}
