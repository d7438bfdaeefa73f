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

  get declarations(): readonly DeclarationModel[] {
    return this.#declarations;
  }
}
