import type { Btf } from "../../btf/btf.ts";
import { findNamed } from "../../btf/find-named.ts";
import { CoreGenError } from "../../errors.ts";

/**
 * The ids of the types that a user names: a number is an id, anything else a name, of all types that have it, or of one
 * kind: "struct task_struct". Throws a `CoreGenError` when there is none.
 */
export function typeIds(btf: Btf, text: string): number[] {
  return /^\d+$/u.test(text) ? [idOf(btf, text)] : named(btf, text);
}

/** As {@link typeIds}, but definitions only if there are any: who asks for task_struct does not mean a function of that name. */
export function definitionIds(btf: Btf, text: string): number[] {
  const ids = typeIds(btf, text);
  const best = Math.min(...ids.map((id) => rankOf(btf, id)));
  return ids.filter((id) => rankOf(btf, id) === best);
}

function rankOf(btf: Btf, id: number): number {
  switch (btf.kind(id)) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "typedef":
      return 0;
    case "func":
    case "var":
      return 1;
    default:
      return 2;
  }
}

function idOf(btf: Btf, text: string): number {
  const id = Number(text);
  if (id > 0 && id < btf.typeCount) return id;
  throw new CoreGenError("bad-input", `looking for type ${text}: ${btf.what} has types 1 to ${btf.typeCount - 1}`);
}

function named(btf: Btf, text: string): number[] {
  const ids = findNamed(btf, text);
  if (ids.length > 0) return ids;
  const [part = ""] = /\S+$/u.exec(text) ?? [];
  throw new CoreGenError("bad-input", `looking for ${text}: no type of ${btf.what} has this name`, {
    hints: [`core-gen btf find '*${part.slice(0, Math.max(3, part.length - 2))}*' shows the names that are like it.`],
  });
}
