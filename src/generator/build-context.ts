import type { TypeTable } from "../btf/types.ts";
import type { DeclarationModel } from "./model.ts";
import { NameScope } from "./names.ts";
import { CodecTable } from "./types/codecs.ts";
import { TypeLowering } from "./types/lower.ts";
import type { Declaration, Shape } from "./types/shape.ts";

/** What grows while a model is built: names, types and codecs that its parts ask for. */
export class BuildContext {
  readonly types: TypeTable;
  readonly names: NameScope = new NameScope();
  readonly codecs: CodecTable = new CodecTable(this.names);
  readonly lowering: TypeLowering;
  readonly #shapes: Shape[] = [];
  readonly #roles = new Map<Declaration, string[]>();
  readonly #viewed = new Set<Declaration>();
  readonly #declarations: DeclarationModel[] = [];

  constructor(types: TypeTable) {
    this.types = types;
    this.lowering = new TypeLowering(types, this.names);
  }

  /** Notes that the module needs `shape`; what it is for becomes the doc of its declaration. */
  use(shape: Shape, role: string): void {
    this.#shapes.push(shape);
    if (shape.kind !== "record" && shape.kind !== "enum") return;
    const roles = this.#roles.get(shape.declaration) ?? [];
    if (!roles.includes(role)) roles.push(role);
    this.#roles.set(shape.declaration, roles);
  }

  /** Notes that the codec of `shape` is to read members one by one, as records are when nothing else is wanted of them. */
  view(shape: Shape): void {
    if (shape.kind === "record") this.#viewed.add(shape.declaration);
  }

  /** Notes that the module has the declaration of `shape`, for nothing in particular. */
  need(shape: Shape): void {
    this.#shapes.push(shape);
  }

  /** Adds a declaration that stands for no C type. */
  declare(declaration: DeclarationModel): void {
    this.#declarations.push(declaration);
  }

  get shapes(): readonly Shape[] {
    return this.#shapes;
  }

  get roles(): ReadonlyMap<Declaration, readonly string[]> {
    return this.#roles;
  }

  /** The structs whose members are read when they are asked for. */
  get viewed(): ReadonlySet<Declaration> {
    return this.#viewed;
  }

  get declarations(): readonly DeclarationModel[] {
    return this.#declarations;
  }
}
