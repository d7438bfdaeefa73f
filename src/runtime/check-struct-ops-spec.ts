import { sizeOf } from "../btf/resolve.ts";
import type { Btf } from "../btf/btf.ts";
import type { Member, StructType } from "../btf/types.ts";
import type { BpfObject } from "../object/model.ts";
import { isFunctionPointer } from "../object/struct-ops.ts";
import type { SkeletonSpec, StructOpsSpec } from "./spec.ts";

type FieldSpec = StructOpsSpec["fields"][string];

/** In what an object's struct_ops maps differ from those that a skeleton was generated from, a sentence each. */
export function* structOpsProblems(spec: SkeletonSpec, object: BpfObject): Generator<string> {
  const { btf } = object;
  for (const [name, structOps] of Object.entries(spec.structOps ?? {})) {
    const def = object.maps.find((map) => map.name === name)?.structOps;
    const struct = def === undefined ? undefined : btf?.type(def.typeId);
    if (btf === undefined || struct?.kind !== "struct") yield `it has no struct_ops map "${name}"`;
    else yield* mapProblems(btf, struct, structOps, `its struct_ops map "${name}"`);
  }
}

function* mapProblems(btf: Btf, struct: StructType, { size, fields }: StructOpsSpec, map: string): Generator<string> {
  if (struct.size !== size) yield `${map} has ${struct.size} bytes, not ${size}`;
  for (const [name, field] of Object.entries(fields)) {
    const member = struct.members.find((one) => one.name === name);
    if (member === undefined) yield `${map} has no member "${name}"`;
    else if (!isAsSpecified(btf, member, field)) yield `${map} has another "${name}", or has it at another place`;
  }
}

function isAsSpecified(btf: Btf, { type, bitOffset, bitSize }: Member, [offset, codec]: FieldSpec): boolean {
  if (bitOffset !== offset * 8 || bitSize !== 0) return false;
  return codec === "program" ? isFunctionPointer(btf, type) : sizeOf(btf, type) === codec.size;
}
