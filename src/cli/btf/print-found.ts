import { printable } from "../../btf/printable.ts";
import type { FoundType } from "../../btf/search.ts";
import { tableLines } from "../table.ts";

/** What was found as lines for people: id, kind, name and size, below the file's name where there are several files. */
export function* printFound(
  found: readonly { readonly file: string; readonly types: readonly FoundType[] }[],
): Generator<string> {
  for (const { file, types } of found) {
    if (found.length > 1) yield `${printable(file)}: ${types.length === 1 ? "1 type" : `${types.length} types`}\n`;
    for (const line of tableLines(types.map(rowOf), found.length > 1 ? "  " : "")) yield `${line}\n`;
  }
}

function rowOf({ id, kind, name, size }: FoundType): string[] {
  return [`[${id}]`, kind, printable(name), size === undefined ? "" : size === 1 ? "1 byte" : `${size} bytes`];
}
