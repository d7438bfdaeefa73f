import { isModifier, sizeOf } from "../../btf/resolve.ts";
import type { ArrayType, BtfType, Enum64Type, EnumType, TypeTable } from "../../btf/types.ts";
import { pascalCase, UniqueNames, type NameScope } from "../names.ts";
import { badTypes, MAX_DEPTH } from "./bad-types.ts";
import { Hints } from "./hints.ts";
import { MemberLowering, type Composite, type TypeShapes } from "./members.ts";
import { floatShape, intScalar, intShape, isChar } from "./scalars.ts";
import { isBig, type Declaration, type EnumDeclaration, type RecordDeclaration, type Shape } from "./shape.ts";

/**
 * Turns C types into {@link Shape}s and declares the structs, unions and enums they need, each once.
 *
 * Two types of one name are one declaration when they have the same layout; otherwise the second is called `Name_2`.
 */
export class TypeLowering implements TypeShapes {
  readonly types: TypeTable;
  readonly hints: Hints;
  readonly #names: NameScope;
  readonly #declared = new Map<number, Declaration>();
  readonly #layouts = new Map<string, Declaration>();
  readonly #open = new Set<number>();

  constructor(types: TypeTable, names: NameScope) {
    this.types = types;
    this.hints = new Hints(types);
    this.#names = names;
  }

  /**
   * The shape of a type. An anonymous struct, union or enum takes its typedef's name, or `hint`.
   *
   * Throws a `CoreGenError` with code `bad-btf` for types that no C compiler makes: a struct that contains itself.
   */
  shapeOf(id: number, hint: string, depth = 0): Shape {
    if (depth > MAX_DEPTH) throw badTypes(`type [${id}] is nested more than ${MAX_DEPTH} types deep`);
    const { id: target, type, typedef } = this.#skipModifiers(id);
    switch (type.kind) {
      case "int":
        return intShape(type);
      case "float":
        return floatShape(type.size);
      case "ptr":
        return { kind: "scalar", scalar: "pointer" };
      case "array":
        return this.#arrayShape(type, hint, depth);
      case "struct":
      case "union":
        return {
          kind: "record",
          declaration: this.#record(target, type, type.name || typedef || hint, typedef, depth),
        };
      case "enum":
      case "enum64":
        return this.#enumShape(target, type, type.name || typedef || hint, typedef);
      default:
        // void, functions, unfinished structs: only pointers to them exist in C.
        return { kind: "bytes", size: 0 };
    }
  }

  /** `sizeof` a type in bytes, 0 for one that has no size. */
  sizeOf(id: number): number {
    return sizeOf(this.types, id) ?? 0;
  }

  #skipModifiers(id: number): { id: number; type: BtfType; typedef: string } {
    let at = id;
    let typedef = "";
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const type = this.types.type(at);
      if (!isModifier(type)) return { id: at, type, typedef };
      if (type.kind === "typedef") typedef = type.name;
      at = type.type;
    }
    throw badTypes(`type [${id}] refers to more than ${MAX_DEPTH} typedefs and qualifiers in a row`);
  }

  #arrayShape({ type: elementId, nelems }: ArrayType, hint: string, depth: number): Shape {
    const { type: element } = this.#skipModifiers(elementId);
    if (element.kind === "int" && element.size === 1) {
      if (isChar(element)) return { kind: "text", size: nelems };
      if (!element.signed && !element.bool) return { kind: "bytes", size: nelems };
    }
    return {
      kind: "list",
      element: this.shapeOf(elementId, hint, depth + 1),
      count: nelems,
      stride: this.sizeOf(elementId),
    };
  }

  #enumShape(id: number, type: EnumType | Enum64Type, name: string, typedef: string): Shape {
    const scalar = intScalar(type.size, type.signed);
    if (scalar === undefined) return { kind: "bytes", size: type.size };
    if (type.values.length === 0) return { kind: "scalar", scalar };
    const known = this.#declared.get(id);
    if (known?.kind === "enum") return { kind: "enum", declaration: known };
    const names = new UniqueNames();
    const values = type.values.map(({ name, value }) => {
      return { name: names.take(name), value: isBig(scalar) ? BigInt(value) : Number(value) };
    });
    const c = type.name === "" ? typedef || "enum {…}" : `enum ${type.name}`;
    const declaration: EnumDeclaration = { kind: "enum", name: pascalCase(name), c, size: type.size, scalar, values };
    return { kind: "enum", declaration: this.#declare(id, declaration) };
  }

  #record(id: number, type: Composite, name: string, typedef: string, depth: number): RecordDeclaration {
    const known = this.#declared.get(id);
    if (known?.kind === "record") return known;
    const c = type.name === "" ? typedef || `${type.kind} {…}` : `${type.kind} ${type.name}`;
    if (this.#open.has(id)) throw badTypes(`${c} [${id}] contains itself`);
    this.#open.add(id);
    const wanted = pascalCase(name);
    const parts = new MemberLowering(this, c, wanted, depth + 1).partsOf({ id, type });
    this.#open.delete(id);
    return this.#declare(id, { kind: "record", name: wanted, c, size: type.size, parts });
  }

  /** Gives `draft` its final name, or returns the declaration that is the same. */
  #declare<T extends Declaration>(id: number, draft: T): T {
    const layout = layoutOf(draft);
    // The kind is part of the layout's text, so what is found is a T.
    const same = this.#layouts.get(layout) as T | undefined;
    const declaration = same ?? { ...draft, name: this.#names.declare(draft.name) };
    this.#layouts.set(layout, declaration);
    this.#declared.set(id, declaration);
    return declaration;
  }
}

/** Everything about a declaration that decides how its bytes are read. */
function layoutOf(declaration: Declaration): string {
  return JSON.stringify(declaration, (key, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    // Below a declaration, others are told by their names, which are final.
    if (key === "declaration") return (value as Declaration).name;
    return key === "c" ? undefined : value;
  });
}
