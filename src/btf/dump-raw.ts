import type { Btf } from "./btf.ts";
import { dumpedType, kindText, ownIds, type DumpElement, type DumpField } from "./dump-fields.ts";
import { printable } from "./printable.ts";

/**
 * What `bpftool btf dump file F format raw` prints of types, line for line: one text per type, each with its newline.
 *
 * `ids` says which types; without it, all that are the BTF's own. The one difference: a name's control characters are
 * printed as "?". Throws a `CoreGenError` with code `bad-btf` when it comes to a type that can't be read.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf, dumpRaw } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * const [first] = dumpRaw(btf);
 * console.log(first?.trimEnd()); // [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
 */
export function* dumpRaw(btf: Btf, ids: Iterable<number> = ownIds(btf)): Generator<string> {
  for (const id of ids) yield dumpType(btf, id);
}

function dumpType(btf: Btf, id: number): string {
  const kind = kindText(btf, id);
  const { fields, elements } = dumpedType(btf, id);
  // bpftool has a comma in this place, and in no other.
  const facts = kind === "VAR" ? fieldTexts(fields).join(",") : fieldTexts(fields).join("");
  const lines = (elements?.list ?? []).map(
    (element) => `\n\t${elementText(element)}${suffixOf(btf, id, kind, element)}`,
  );
  return `[${id}] ${kind} ${quote(btf.name(id))}${facts}${lines.join("")}\n`;
}

function fieldTexts(fields: readonly DumpField[]): string[] {
  return fields.map(([key, value]) => ` ${key}=${value}`);
}

function elementText({ name, fields }: DumpElement): string {
  const facts = fieldTexts(fields).join("");
  return name === undefined ? facts.slice(1) : `${quote(name)}${facts}`;
}

function suffixOf(btf: Btf, id: number, kind: string, { fields }: DumpElement): string {
  if (kind === "ENUM64") {
    const type = btf.type(id);
    return type.kind === "enum64" && type.signed ? "LL" : "ULL";
  }
  if (kind !== "DATASEC") return "";
  const variable = Number(fields[0]?.[1]);
  return variable < btf.typeCount ? ` (${kindText(btf, variable)} ${quote(btf.name(variable))})` : "";
}

function quote(name: string): string {
  return `'${name === "" ? "(anon)" : printable(name)}'`;
}
