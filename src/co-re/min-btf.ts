import type { Btf } from "../btf/btf.ts";
import { encodeBtf } from "../btf/encode.ts";
import { mapReferences } from "../btf/references.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { BtfType } from "../btf/types.ts";
import type { BpfObject } from "../object/model.ts";
import { isFieldBased } from "./kinds.ts";
import { matchSpec } from "./match.ts";
import { relocate } from "./relocate.ts";
import type { Spec } from "./spec.ts";

/**
 * The part of a kernel's BTF that the relocations of some objects reach, as raw BTF: relocating against it comes to the
 * same instructions (bpftool: `gen min_core_btf`). Only `target_type_id` differs, as types get new ids.
 *
 * Throws a `CoreGenError` with code `relocation` when an object can't be relocated against this kernel at all.
 */
export function minimizeBtf(kernel: Btf, objects: readonly BpfObject[]): Uint8Array {
  const keeper = new Keeper(kernel);
  for (const object of objects) {
    for (const { local, candidates, kind } of relocate(object, { vmlinux: kernel }).entries) {
      if (kind === "local_type_id") continue;
      for (const { btf, id } of candidates) {
        const { spec, found } = matchSpec(local, btf, id);
        if (found) keeper.keepSpec(spec);
      }
    }
  }
  return keeper.encode();
}

/** How much of a type is needed. */
type Depth =
  /** Its kind, name and size; of arrays their elements. */
  | "shallow"
  /** What pointers point to, too. */
  | "pointers"
  /** All members as well; behind pointers again only kinds and names. */
  | "members";

class Keeper {
  readonly #kernel: Btf;
  /** Types by id, with the indexes of the members that are needed. */
  readonly #kept = new Map<number, Set<number>>();
  readonly #done = new Set<string>();
  /** Not a recursion: types may be nested as deep as whoever made the file likes. */
  readonly #waiting: [id: number, depth: Depth][] = [];

  constructor(kernel: Btf) {
    this.#kernel = kernel;
  }

  keepSpec(spec: Spec): void {
    const { kind, rootTypeId } = spec;
    if (isFieldBased(kind)) this.#keepField(spec);
    else this.#keep(rootTypeId, kind === "type_matches" ? "members" : "pointers");
  }

  /** In the order of the kernel, which is the order in which candidates are tried. */
  encode(): Uint8Array {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) this.#visit(...next);
    const ids = [...this.#kept.keys()].sort((a, b) => a - b);
    const newIds = new Map(ids.map((id, index) => [id, index + 1]));
    const types = ids.map((id) => mapReferences(this.#withMembers(id), (old) => newIds.get(old) ?? 0));
    return encodeBtf(types, this.#kernel.littleEndian);
  }

  #keepField({ rootTypeId, rawSpec }: Spec): void {
    this.#keep(rootTypeId, "shallow");
    let at = skipModifiers(this.#kernel, rootTypeId);
    for (const index of rawSpec.slice(1)) {
      const parent = at;
      if (parent.type.kind === "array") at = skipModifiers(this.#kernel, parent.type.type);
      if (parent.type.kind !== "struct" && parent.type.kind !== "union") continue;
      const { members } = parent.type;
      at = skipModifiers(this.#kernel, members[index]?.type ?? 0);
      this.#keepMember(parent.id, index);
      // What stands last decides whether an array without a length is a flexible one.
      if (at.type.kind === "array" && at.type.nelems === 0) this.#keepMember(parent.id, members.length - 1);
    }
  }

  #keepMember(id: number, index: number): void {
    const type = this.#kernel.type(id);
    const member = "members" in type ? type.members[index] : undefined;
    if (member === undefined) return;
    this.#membersOf(id).add(index);
    this.#keep(member.type, "shallow");
  }

  #keep(id: number, depth: Depth): void {
    const key = `${id} ${depth}`;
    if (id === 0 || this.#done.has(key)) return;
    this.#done.add(key);
    this.#membersOf(id);
    this.#waiting.push([id, depth]);
  }

  #membersOf(id: number): Set<number> {
    let members = this.#kept.get(id);
    if (members === undefined) this.#kept.set(id, (members = new Set()));
    return members;
  }

  #visit(id: number, depth: Depth): void {
    const type = this.#kernel.type(id);
    switch (type.kind) {
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
        this.#keep(type.type, depth);
        break;
      case "array":
        this.#keep(type.type, depth);
        this.#keep(type.indexType, "shallow");
        break;
      case "ptr":
        if (depth !== "shallow") this.#keep(type.type, "pointers");
        break;
      case "func_proto":
        for (const param of [type, ...type.params]) this.#keep(param.type, depth);
        break;
      case "struct":
      case "union":
        if (depth === "members") this.#keepAllMembers(id, type.members);
        break;
      case "void":
      case "int":
      case "float":
      case "enum":
      case "enum64":
      case "fwd":
      case "func":
      case "var":
      case "datasec":
      case "decl_tag":
        break;
    }
  }

  #keepAllMembers(id: number, members: readonly { readonly type: number }[]): void {
    for (const [index, member] of members.entries()) {
      this.#membersOf(id).add(index);
      this.#keep(member.type, "members");
    }
  }

  #withMembers(id: number): BtfType {
    const type = this.#kernel.type(id);
    if (type.kind !== "struct" && type.kind !== "union") return type;
    const needed = this.#kept.get(id);
    return { ...type, members: type.members.filter((_, index) => needed?.has(index) === true) };
  }
}
