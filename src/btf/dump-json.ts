import type { Btf } from "./btf.ts";
import { dumpedType, kindText, ownIds, type DumpField } from "./dump-fields.ts";

/**
 * What `bpftool -j btf dump file F` prints of types, byte for byte, in pieces: one JSON object on one line.
 *
 * `ids` says which types; without it, all that are the BTF's own. The one difference: control characters in names are
 * escaped, so that it is JSON always. Throws a `CoreGenError` with code `bad-btf` when it comes to a type that can't be read.
 */
export function* dumpJson(btf: Btf, ids: Iterable<number> = ownIds(btf)): Generator<string> {
  let before = `{"types":[`;
  for (const id of ids) {
    yield before + typeObject(btf, id);
    before = ",";
  }
  yield before === "," ? "]}\n" : `${before}]}\n`;
}

function typeObject(btf: Btf, id: number): string {
  const { fields, elements } = dumpedType(btf, id);
  const own = [["id", id], ["kind", kindText(btf, id)], nameField(btf.name(id)), ...fields] as const; // prettier-ignore
  if (elements === undefined) return `{${fieldTexts(own)}}`;
  const list = elements.list.map(({ name, fields: facts }) => {
    return `{${fieldTexts(name === undefined ? facts : [nameField(name), ...facts])}}`;
  });
  return `{${fieldTexts(own)},"${elements.key}":[${list.join(",")}]}`;
}

function nameField(name: string): DumpField {
  return ["name", name === "" ? "(anon)" : name];
}

function fieldTexts(fields: readonly DumpField[]): string {
  return fields.map(([key, value]) => `"${key}":${valueText(key, value)}`).join(",");
}

/**
 * bpftool widens the 32 bits of an unsigned enumerator with their sign: 0x80000000 is printed as 18446744071562067968.
 * Who reads its output reads ours.
 */
function valueText(key: string, value: string | number | bigint): string {
  if (typeof value === "string") return JSON.stringify(value);
  return key === "val" && typeof value === "number" && value > 0x7fff_ffff
    ? `${BigInt.asUintN(64, BigInt(value - 0x1_0000_0000))}`
    : `${value}`;
}
