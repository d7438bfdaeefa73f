import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { openCgroup, type Cgroup } from "../kernel/cgroup-folder.ts";
import type { Meanings } from "../sys/bpf.ts";
import { EINVAL } from "../sys/errno.ts";
import { queryPrograms } from "../sys/prog-query.ts";

/** The hooks of a cgroup, `BPF_CGROUP_*`. */
export type CgroupAttachType = Extract<AttachTypeName, `cgroup_${string}` | "lsm_cgroup">;

/** Which programs to ask for. */
export interface CgroupQuery {
  /** The path of its folder, or the number of a descriptor of that. */
  readonly cgroup: Cgroup;
  /** "cgroup_inet4_connect" for `SEC("cgroup/connect4")`. */
  readonly attachType: CgroupAttachType;
  /** All that run in the cgroup, those of the cgroups above too; only those of this cgroup when it is left out. */
  readonly effective?: boolean | undefined;
}

/** The programs of a cgroup's hook. */
export interface CgroupPrograms {
  /** In the order they run. */
  readonly programIds: readonly number[];
  /** What the cgroups below may have; undefined when nothing is attached, or for an effective query. */
  readonly mode: "multi" | "override" | "single" | undefined;
  /** Counts changes, for `expectedRevision`; 0 before Linux 6.17. */
  readonly revision: bigint;
}

/**
 * The programs that are attached to a cgroup's hook, by whomever (libbpf: `bpf_prog_query_opts`; bpftool: `cgroup show`).
 * Throws a `CoreGenError` when there is no such cgroup, or no such hook on this kernel.
 *
 * @example
 * const { programIds } = queryCgroup({ cgroup: "/sys/fs/cgroup/system.slice", attachType: "cgroup_inet4_connect" });
 */
export function queryCgroup({ cgroup, attachType, effective = false }: CgroupQuery): CgroupPrograms {
  const doing = `asking for the programs at ${attachType} of cgroup ${cgroup}`;
  using fd = openCgroup(cgroup, doing);
  const query = { target: fd.number, attachType: attachTypes.indexOf(attachType), effective };
  const { programs, flags, revision } = queryPrograms(query, doing, meanings);
  const mode =
    programs.length === 0 || effective ? undefined : flags === 2 ? "multi" : flags === 1 ? "override" : "single";
  return { programIds: programs.map(({ programId }) => programId), mode, revision };
}

const meanings: Meanings = new Map([[EINVAL, "this kernel has no such hook"]]);
