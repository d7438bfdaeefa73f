import type { Btf } from "./btf.ts";
import type { BtfType, IntType } from "./types.ts";

/** A number or word of a type, under the name that bpftool prints it with. */
export type DumpField = readonly [key: string, value: string | number | bigint];

/** One member, enumerator, parameter or variable of a type. */
export interface DumpElement {
  /** Undefined for the variables of a section, which have none of their own. */
  readonly name: string | undefined;
  readonly fields: readonly DumpField[];
}

/** What bpftool prints of a type besides its id, kind and name (bpftool: `dump_btf_type`). */
export interface DumpedType {
  readonly fields: readonly DumpField[];
  /** What the elements are called in JSON, and all of them. */
  readonly elements?: { readonly key: string; readonly list: readonly DumpElement[] };
}

/** The ids of all types that are the BTF's own, not its base's. */
export function* ownIds(btf: Btf): Generator<number> {
  for (let id = btf.firstId; id < btf.typeCount; id++) yield id;
}

/** A type's kind as bpftool prints it. */
export function kindText(btf: Btf, id: number): string {
  const kind = btf.kind(id);
  return kind === "void" ? "UNKNOWN" : kind.toUpperCase();
}

/** The facts of a type in bpftool's order; none of a kind that is newer than we are. */
export function dumpedType(btf: Btf, id: number): DumpedType {
  return btf.kind(id) === "void" ? { fields: [] } : fieldsOf(btf.type(id));
}

function fieldsOf(type: BtfType): DumpedType {
  switch (type.kind) {
    case "void":
      return { fields: [] };
    case "int": {
      const { size, offset, bits } = type;
      return { fields: [["size", size], ["bits_offset", offset], ["nr_bits", bits], ["encoding", encodingOf(type)]] }; // prettier-ignore
    }
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return { fields: [["type_id", type.type]] };
    case "array":
      return { fields: [["type_id", type.type], ["index_type_id", type.indexType], ["nr_elems", type.nelems]] }; // prettier-ignore
    case "struct":
    case "union":
      return {
        fields: [["size", type.size], ["vlen", type.members.length]], // prettier-ignore
        elements: { key: "members", list: type.members.map(memberOf) },
      };
    case "enum":
    case "enum64": {
      const encoding = type.signed ? "SIGNED" : "UNSIGNED";
      return {
        fields: [["encoding", encoding], ["size", type.size], ["vlen", type.values.length]], // prettier-ignore
        elements: { key: "values", list: type.values.map(({ name, value }) => ({ name, fields: [["val", value]] })) },
      };
    }
    case "fwd":
      return { fields: [["fwd_kind", type.union ? "union" : "struct"]] };
    case "func":
    case "var":
      return { fields: [["type_id", type.type], ["linkage", type.linkage]] }; // prettier-ignore
    case "func_proto": {
      const list = type.params.map(({ name, type: id }): DumpElement => ({ name, fields: [["type_id", id]] }));
      return { fields: [["ret_type_id", type.type], ["vlen", list.length]], elements: { key: "params", list } }; // prettier-ignore
    }
    case "datasec": {
      const list = type.vars.map(({ type: id, offset, size }): DumpElement => {
        return { name: undefined, fields: [["type_id", id], ["offset", offset], ["size", size]] }; // prettier-ignore
      });
      return { fields: [["size", type.size], ["vlen", list.length]], elements: { key: "vars", list } }; // prettier-ignore
    }
    case "float":
      return { fields: [["size", type.size]] };
    case "decl_tag":
      return { fields: [["type_id", type.type], ["component_idx", type.componentIdx]] }; // prettier-ignore
  }
}

function memberOf({
  name,
  type,
  bitOffset,
  bitSize,
}: Extract<BtfType, { kind: "struct" }>["members"][number]): DumpElement {
  const place: DumpField[] = [["type_id", type], ["bits_offset", bitOffset]]; // prettier-ignore
  return { name, fields: bitSize === 0 ? place : [...place, ["bitfield_size", bitSize]] };
}

function encodingOf({ signed, char, bool }: IntType): string {
  if (Number(signed) + Number(char) + Number(bool) > 1) return "UNKN";
  return signed ? "SIGNED" : char ? "CHAR" : bool ? "BOOL" : "(none)";
}
