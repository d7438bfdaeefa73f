import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import { nearestNames } from "../object/nearest.ts";
import { isFieldBased, isTypeBased } from "./kinds.ts";
import { matchSpec } from "./match.ts";
import type { RelocationEntry } from "./relocate.ts";
import { specText } from "./spec.ts";

/**
 * In one sentence, what a kernel has instead of what a relocation asks for and did not find: no such type, a type
 * without the field (and the names most like it), or a field of another type. Undefined for one that found its target.
 *
 * @example
 * explainAbsence(entry) // "This kernel's task_struct has no comn; there is comm."
 */
export function explainAbsence({ local, candidates, target }: RelocationEntry): string | undefined {
  if (target !== undefined) return undefined;
  const root = local.btf.name(local.rootTypeId);
  const [candidate] = candidates;
  if (candidate === undefined) return `This kernel has no type ${root}.`;
  if (isTypeBased(local.kind)) return `This kernel has a type ${root}, but it differs from the program's.`;
  const { btf, id } = candidate;
  if (!isFieldBased(local.kind)) return missingName(root, local.accessors[0]?.name ?? "", enumeratorNames(btf, id));
  const { spec } = matchSpec(local, btf, id);
  const reached = spec.accessors.at(-1);
  const missing = local.accessors[spec.accessors.length];
  if (missing?.name === undefined) return `This kernel's ${specText(spec)} is no array with such an element.`;
  const parentId = reached === undefined ? id : (memberType(btf, reached.typeId, reached.index, reached.name) ?? id);
  const names = memberNames(btf, parentId);
  if (names.has(missing.name)) return `This kernel's ${specText(spec)}.${missing.name} is of another type.`;
  return missingName(specText(spec), missing.name, names);
}

function missingName(parent: string, name: string, names: Iterable<string>): string {
  const near = nearestNames(name, names);
  return `This kernel's ${parent} has no ${name}${near.length > 0 ? `; there is ${near.join(", ")}` : ""}.`;
}

function enumeratorNames(btf: Btf, id: number): string[] {
  const { type } = skipModifiers(btf, id);
  return type.kind === "enum" || type.kind === "enum64" ? type.values.map(({ name }) => name) : [];
}

/** The type that a step leads to: the element itself, or the member's. */
function memberType(btf: Btf, typeId: number, index: number, name: string | undefined): number | undefined {
  if (name === undefined) return typeId;
  const type = btf.type(typeId);
  return "members" in type ? type.members[index]?.type : undefined;
}

/** With those of anonymous members. */
function memberNames(btf: Btf, id: number, names = new Set<string>(), seen = new Set<number>()): Set<string> {
  const { id: own, type } = skipModifiers(btf, id);
  if (!("members" in type) || seen.has(own)) return names;
  seen.add(own);
  for (const member of type.members) {
    if (member.name === "") memberNames(btf, member.type, names, seen);
    else names.add(member.name);
  }
  return names;
}
