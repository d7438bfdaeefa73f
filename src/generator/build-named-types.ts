import type { BpfObject } from "../object/model.ts";
import type { BuildContext } from "./build-context.ts";
import { isDeclarable } from "./declarable.ts";

/** Which types a module has beside those of its maps, records and variables. */
export interface NamedTypes {
  /** Ids of those that were asked for by name. */
  readonly named: readonly number[];
  /** Whether it has all that the object's BTF has a name for. */
  readonly all: boolean;
}

/** Declares the types that somebody asked for; they come last, so that no other declaration changes its name for them. */
export function useNamedTypes(context: BuildContext, object: BpfObject, { named, all }: NamedTypes): void {
  const ids = all ? [...named, ...namedIn(object)] : named;
  for (const id of ids) context.need(context.lowering.shapeOf(id, "Unnamed"));
}

function* namedIn({ btf }: BpfObject): Generator<number> {
  if (btf === undefined) return;
  for (let id = btf.firstId; id < btf.typeCount; id++) if (isDeclarable(btf, id)) yield id;
}

/** The types of an object's BTF that have a name and no layout: "struct file". */
export function typesWithoutLayout({ btf }: BpfObject): string[] {
  const names = new Set<string>();
  for (let id = btf?.firstId ?? 0; btf !== undefined && id < btf.typeCount; id++) {
    const type = btf.type(id);
    if (type.kind === "fwd") names.add(`${type.union ? "union" : "struct"} ${type.name}`);
  }
  return [...names];
}
