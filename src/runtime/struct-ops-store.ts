import type { Btf } from "../btf/btf.ts";
import type { StructOpsValue } from "../co-re/struct-ops.ts";
import { CoreGenError } from "../errors.ts";
import type { BpfObject, MapDef } from "../object/model.ts";
import type { Codec } from "./codec.ts";
import { ImageStore } from "./globals-store.ts";
import { printAsValues } from "./print-as-values.ts";
import type { OpenedProgram } from "./shape.ts";
import type { StructOpsSpec } from "./spec.ts";
import { show, withPlace } from "./value-checks.ts";

/** What is in a struct_ops map between open and load: bytes, and the programs that are its functions. */
export class StructOpsStore {
  /** A property for each member that can be set: values are copies, functions are opened programs. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly #name: string;
  readonly #image: ImageStore;
  readonly #functions: Map<number, string>;
  readonly #progs: Readonly<Record<string, OpenedProgram>>;
  #sealed: string | undefined;

  constructor(
    object: BpfObject,
    map: MapDef,
    { fields }: StructOpsSpec,
    progs: Readonly<Record<string, OpenedProgram>>,
  ) {
    const { structOps, name } = map;
    if (structOps === undefined || object.btf === undefined)
      throw new CoreGenError("bad-object", `${object.elf.what}: ${name} is no map of struct_ops`);
    this.#name = name;
    this.#image = new ImageStore(structOps.contents, object.littleEndian);
    this.#functions = new Map(structOps.functions);
    this.#progs = progs;
    this.members = this.#membersObject(fields, memberIndexes(object.btf, structOps.typeId));
  }

  /** What the map is loaded with. */
  get value(): StructOpsValue {
    return { contents: this.#image.bytes, functions: this.#functions };
  }

  /** Sets members; a function by its program's C name. */
  apply(values: Readonly<Record<string, unknown>>, unknown: (member: string) => CoreGenError): void {
    // The members are accessors: writing to them is what they are for.
    const members = this.members as Record<string, unknown>;
    for (const [member, value] of Object.entries(values)) {
      if (!Object.hasOwn(members, member)) throw unknown(member);
      if (value !== undefined) members[member] = typeof value === "string" ? this.#named(member, value) : value;
    }
  }

  /** From now on a write throws a TypeError with this explanation. */
  seal(why: string): void {
    this.#sealed = why;
    this.#image.seal(why);
  }

  #membersObject(fields: StructOpsSpec["fields"], indexes: ReadonlyMap<string, number>): Record<string, unknown> {
    const members = {};
    for (const [name, [offset, codec]] of Object.entries(fields)) {
      const access =
        codec === "program" ? this.#function(name, indexes.get(name) ?? -1) : this.#variable(name, offset, codec);
      Object.defineProperty(members, name, { enumerable: true, ...access });
    }
    return Object.preventExtensions(printAsValues(members));
  }

  #variable(name: string, offset: number, codec: Codec<unknown>): PropertyDescriptor {
    return {
      get: () => this.#image.read(codec, offset),
      set: (value: unknown) => {
        try {
          this.#image.write(codec, offset, value);
        } catch (error) {
          throw withPlace(error, this.#place(name));
        }
      },
    };
  }

  #function(name: string, index: number): PropertyDescriptor {
    return {
      get: () => {
        const program = this.#functions.get(index);
        return program === undefined ? null : (this.#progs[program] ?? null);
      },
      set: (value: unknown) => {
        if (this.#sealed !== undefined) throw new TypeError(`${this.#place(name)}: ${this.#sealed}`);
        if (value === null) this.#functions.delete(index);
        else this.#functions.set(index, this.#nameOf(name, value));
      },
    };
  }

  #nameOf(member: string, value: unknown): string {
    const found = Object.entries(this.#progs).find(([, program]) => program === value);
    if (found !== undefined) return found[0];
    const given = typeof value === "object" ? "something else" : show(value);
    throw new TypeError(`${this.#place(member)} takes one of the opened skeleton's progs, or null, not ${given}`);
  }

  /** In settings there are no programs yet, only their names. A text stays a text where a member is one. */
  #named(member: string, value: string): unknown {
    const current = this.members[member];
    if (typeof current === "string" || !Object.hasOwn(this.#progs, value)) return value;
    return this.#progs[value];
  }

  #place(member: string): string {
    return `structOps.${this.#name}.${member}`;
  }
}

function memberIndexes(btf: Btf, typeId: number): Map<string, number> {
  const struct = btf.type(typeId);
  return new Map(struct.kind === "struct" ? struct.members.map(({ name }, index) => [name, index]) : []);
}
