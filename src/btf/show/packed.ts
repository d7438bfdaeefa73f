import type { StructType } from "../types.ts";
import type { Holes } from "./holes.ts";
import type { Composite, LayoutTable, MemberLayout } from "./layout.ts";

/**
 * Whether a struct must be packed for its members to lie where they lie: without holes and padding, one is at a place
 * that its type does not allow, or the size does not fit the alignment (pahole: `class__infer_packed_attributes`).
 */
export function isPacked(
  type: StructType,
  members: readonly MemberLayout[],
  holes: Holes,
  layouts: LayoutTable,
): boolean {
  if (holes.padding !== 0 || holes.holes !== 0) return false;
  let most = 1;
  for (const { member, byteOffset } of members) {
    const natural = layouts.naturalAlignment(member.type);
    if (byteOffset % natural !== 0) return true;
    most = Math.max(most, natural);
  }
  return type.size % most !== 0;
}

/**
 * Whether the place of a struct in another one says that it is packed: it is not aligned there, or an array of the union
 * that it is in would not keep it aligned (pahole: `type__check_structs_at_unnatural_alignments`, `union__infer_packed_attributes`).
 */
export function isPackedByParent(
  parent: Composite,
  holes: Holes | undefined,
  layout: MemberLayout,
  layouts: LayoutTable,
): boolean {
  const { id, type } = layouts.strip(layout.member.type);
  if (type.kind !== "struct") return false;
  const natural = layouts.naturalAlignment(id);
  if (parent.kind === "union") return parent.size % natural !== 0;
  const looksAtMembers = holes !== undefined && (holes.padding !== 0 || holes.holes !== 0);
  return looksAtMembers && layout.byteOffset % natural !== 0;
}
