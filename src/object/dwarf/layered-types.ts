import type { Btf } from "../../btf/btf.ts";
import type { BtfKind, BtfType, TypeTable } from "../../btf/types.ts";
import { CoreGenError } from "../../errors.ts";

/** Types on top of an object's BTF, or alone when it has none; ids go on where the BTF's end. */
export class LayeredTypes implements TypeTable {
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  readonly #firstId: number;
  readonly #added: BtfType[] = [];

  constructor(base: Btf | undefined, littleEndian: boolean) {
    this.base = base;
    this.littleEndian = littleEndian;
    this.#firstId = base?.typeCount ?? 1;
  }

  get typeCount(): number {
    return this.#firstId + this.#added.length;
  }

  type(id: number): BtfType {
    if (id === 0) return { kind: "void", name: "" };
    if (this.base !== undefined && id < this.#firstId) return this.base.type(id);
    const type = this.#added[id - this.#firstId];
    if (type === undefined)
      throw new CoreGenError("bad-btf", `there is no type [${id}], the last one is [${this.typeCount - 1}]`);
    return type;
  }

  /** Adds a type and returns its id. */
  add(type: BtfType): number {
    this.#added.push(type);
    return this.typeCount - 1;
  }

  /** The id of the BTF's first type with this name and kind. */
  findInBase(name: string, kind: BtfKind): number | undefined {
    return name === "" ? undefined : this.base?.find(name, kind);
  }
}
