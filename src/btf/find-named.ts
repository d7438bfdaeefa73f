import type { Btf } from "./btf.ts";
import { essentialName } from "./index/names.ts";
import type { BtfKind } from "./types.ts";

const kindsOfWord: ReadonlyMap<string, readonly BtfKind[]> = new Map([
  ["struct", ["struct"]],
  ["union", ["union"]],
  ["enum", ["enum", "enum64"]],
  ["typedef", ["typedef"]],
  ["func", ["func"]],
  ["var", ["var"]],
]);

/**
 * The ids of all types with a name, the base's first: "task_struct" of any kind, "struct task_struct", "enum bpf_cmd",
 * "typedef u64", "func tcp_sendmsg", "var jiffies" of one.
 */
export function findNamed(btf: Btf, text: string): number[] {
  const [, word = "", rest = ""] = /^(\S+)\s+(\S.*)$/u.exec(text) ?? [];
  const kinds = kindsOfWord.get(word);
  const name = kinds === undefined ? text : rest;
  const inBase = btf.base === undefined ? [] : findNamed(btf.base, text);
  const own = [...btf.ownEssential(essentialName(name))].filter((id) => {
    return btf.name(id) === name && (kinds === undefined || kinds.includes(btf.kind(id)));
  });
  return [...inBase, ...own];
}
