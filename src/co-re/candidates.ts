import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { kindsAreCompatible } from "./compat.ts";

/** A type of the kernel that may be the one the program means. */
export interface Candidate {
  readonly btf: Btf;
  readonly id: number;
}

/** The types that a program is relocated against. */
export interface RelocationTargets {
  /** The kernel's BTF, or whatever stands for it. */
  readonly vmlinux: Btf;
  /** The kernel's modules, on top of it: asked about types that it has no candidate for, in this order. */
  readonly modules?: readonly Btf[];
}

/** The candidates in the kernel, or, if it has none, those in its modules (libbpf: `bpf_core_find_cands`). */
export function findCandidates(local: Btf, localId: number, targets: RelocationTargets): Candidate[] {
  const found = candidatesIn(local, localId, targets.vmlinux);
  return found.length > 0 ? found : (targets.modules ?? []).flatMap((module) => candidatesIn(local, localId, module));
}

/** The types that have the same kind and the same name up to flavour suffixes, in ascending order of ids (libbpf: `bpf_core_add_cands`). */
function candidatesIn(local: Btf, localId: number, target: Btf): Candidate[] {
  const kind = local.kind(localId);
  return [...target.ownEssential(essentialName(local.name(localId)))]
    .filter((id) => kindsAreCompatible(kind, target.kind(id)))
    .map((id) => ({ btf: target, id }));
}
