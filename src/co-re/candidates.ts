import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { kindsAreCompatible } from "./compat.ts";

/** A type of the kernel that may be the one the program means. */
export interface Candidate {
  readonly btf: Btf;
  readonly id: number;
}

/** The types of the kernel that have the same kind and the same name up to flavour suffixes, in ascending order of ids (libbpf: `bpf_core_add_cands`). */
export function findCandidates(local: Btf, localId: number, target: Btf): Candidate[] {
  const kind = local.kind(localId);
  return [...target.ownEssential(essentialName(local.name(localId)))]
    .filter((id) => kindsAreCompatible(kind, target.kind(id)))
    .map((id) => ({ btf: target, id }));
}
