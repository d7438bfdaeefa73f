import type { Btf } from "./btf.ts";
import { sizeOf } from "./resolve.ts";
import type { BtfKind } from "./types.ts";

/** A type that a search found. */
export interface FoundType {
  readonly id: number;
  readonly kind: BtfKind;
  readonly name: string;
  /** In bytes; undefined for what has none: functions, unfinished structs. */
  readonly size: number | undefined;
}

/**
 * All types of the BTF's own whose name is like `pattern`, in ascending order of their ids.
 *
 * With `*` (anything) or `?` (one character) in it, the pattern is the whole name; otherwise a part of it.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf, searchTypes } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * console.log([...searchTypes(btf, "task_*")].map(({ name }) => name).join()); // task_struct
 */
export function* searchTypes(btf: Btf, pattern: string): Generator<FoundType> {
  const matches = matcher(pattern);
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    const name = btf.name(id);
    if (name !== "" && matches(name)) yield { id, kind: btf.kind(id), name, size: sizeIfAny(btf, id) };
  }
}

function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/u.test(pattern)) return (name) => name.includes(pattern);
  const [first = "", ...parts] = pattern.split(/\*+/u);
  return (name) => matchesParts(name, first, parts);
}

/**
 * Whether the name is `first`, and then each of `parts` behind anything. Every part is taken where it first occurs, the
 * last one at the end: no pattern takes longer than pattern × name, which a regular expression would.
 */
function matchesParts(name: string, first: string, parts: readonly string[]): boolean {
  const last = parts[parts.length - 1];
  if (last === undefined) return name.length === first.length && occursAt(name, first, 0);
  if (!occursAt(name, first, 0)) return false;
  let at = first.length;
  for (const part of parts.slice(0, -1)) {
    while (at + part.length <= name.length && !occursAt(name, part, at)) at++;
    if (at + part.length > name.length) return false;
    at += part.length;
  }
  return name.length - last.length >= at && occursAt(name, last, name.length - last.length);
}

function occursAt(name: string, part: string, at: number): boolean {
  if (at + part.length > name.length) return false;
  for (let index = 0; index < part.length; index++) {
    if (part[index] !== "?" && part[index] !== name[at + index]) return false;
  }
  return true;
}

function sizeIfAny(btf: Btf, id: number): number | undefined {
  return btf.kind(id) === "decl_tag" || btf.kind(id) === "void" ? undefined : sizeOf(btf, id);
}
