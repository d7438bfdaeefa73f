import type { Btf } from "../../src/btf/btf.ts";
import type { BtfType, IntType, Member } from "../../src/btf/types.ts";

/** What `bpftool btf dump file F format raw` prints of types as we have read them, a line each. */
export function rawDump(btf: Btf): string[] {
  const lines: string[] = [];
  for (let id = 1; id < btf.typeCount; id++) lines.push(...dumpType(btf, id));
  return lines;
}

function dumpType(btf: Btf, id: number): string[] {
  const type = btf.type(id);
  const [facts, ...elements] = describe(btf, type);
  return [
    `[${id}] ${type.kind.toUpperCase()} ${quote(type.name)}${facts ?? ""}`,
    ...elements.map((line) => `\t${line}`),
  ];
}

function describe(btf: Btf, type: BtfType): string[] {
  switch (type.kind) {
    case "int":
      return [` size=${type.size} bits_offset=${type.offset} nr_bits=${type.bits} encoding=${encoding(type)}`];
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return [` type_id=${type.type}`];
    case "array":
      return [` type_id=${type.type} index_type_id=${type.indexType} nr_elems=${type.nelems}`];
    case "struct":
    case "union":
      return [` size=${type.size} vlen=${type.members.length}`, ...type.members.map(dumpMember)];
    case "enum":
    case "enum64":
      return [
        ` encoding=${type.signed ? "SIGNED" : "UNSIGNED"} size=${type.size} vlen=${type.values.length}`,
        ...type.values.map(({ name, value }) => `${quote(name)} val=${value}${suffix(type)}`),
      ];
    case "fwd":
      return [` fwd_kind=${type.union ? "union" : "struct"}`];
    case "func":
      return [` type_id=${type.type} linkage=${type.linkage}`];
    case "func_proto":
      return [
        ` ret_type_id=${type.type} vlen=${type.params.length}`,
        ...type.params.map((param) => `${quote(param.name)} type_id=${param.type}`),
      ];
    case "var":
      return [` type_id=${type.type}, linkage=${type.linkage}`];
    case "datasec":
      return [
        ` size=${type.size} vlen=${type.vars.length}`,
        ...type.vars.map(
          (v) =>
            `type_id=${v.type} offset=${v.offset} size=${v.size} (${btf.kind(v.type).toUpperCase()} ${quote(btf.name(v.type))})`,
        ),
      ];
    case "float":
      return [` size=${type.size}`];
    case "decl_tag":
      return [` type_id=${type.type} component_idx=${type.componentIdx}`];
    case "void":
      throw new Error("void is not in the type section");
  }
}

function quote(name: string): string {
  return `'${name === "" ? "(anon)" : name}'`;
}

function encoding({ signed, char, bool }: IntType): string {
  return signed ? "SIGNED" : char ? "CHAR" : bool ? "BOOL" : "(none)";
}

function dumpMember({ name, type, bitOffset, bitSize }: Member): string {
  return `${quote(name)} type_id=${type} bits_offset=${bitOffset}${bitSize > 0 ? ` bitfield_size=${bitSize}` : ""}`;
}

function suffix({ kind, signed }: Extract<BtfType, { kind: "enum" | "enum64" }>): string {
  return kind === "enum" ? "" : signed ? "LL" : "ULL";
}
