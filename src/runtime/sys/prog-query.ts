import { attachTypes } from "../../object/bpf-enums.ts";
import { Memory } from "../memory.ts";
import { Attr, bpf, BPF_PROG_QUERY, bpfFailure, type Meanings } from "./bpf.ts";
import { ENOENT, ENOSPC } from "./errno.ts";

/** Whom to ask: a descriptor or an interface's index, and which of its hooks, as a number. */
export interface ProgramQuery {
  readonly target: number;
  readonly attachType: number;
  /** BPF_F_QUERY_EFFECTIVE: those of the cgroups above count, too. */
  readonly effective?: boolean;
  /** Asks for the links, too: only hooks of devices tell, and kernels before 6.6 refuse every query that asks. */
  readonly withLinks?: boolean;
}

/** The programs of a hook, in the order they run. */
export interface AttachedPrograms {
  /** Counts changes, for `expectedRevision`; 0 where the kernel does not count them (cgroups before Linux 6.17). */
  readonly revision: bigint;
  /** `BPF_F_ALLOW_*` of the hook. */
  readonly flags: number;
  readonly programs: readonly AttachedProgram[];
}

export interface AttachedProgram {
  readonly programId: number;
  /** Undefined for one without a link, and where it was not asked for. */
  readonly linkId: number | undefined;
}

const BPF_F_QUERY_EFFECTIVE = 1;
/** Many hooks in one: the kernel wants to tell the flags of each program, and refuses a query that has no room for them. */
const LSM_CGROUP = attachTypes.indexOf("lsm_cgroup");
const QUERY_SIZE = 64;
/** Most hooks take 64; an effective query counts those of all cgroups above. */
const FIRST_ROOM = 64;

/** Asks which programs are attached (libbpf: `bpf_prog_query_opts`). Throws a `KernelError`. */
export function queryPrograms(query: ProgramQuery, doing: string, meanings?: Meanings): AttachedPrograms {
  for (let room = FIRST_ROOM; ; room *= 2) {
    const ids = new Uint8Array(4 * room);
    const links = new Uint8Array(4 * room);
    const attr = request(query, ids);
    if (query.attachType === LSM_CGROUP && query.effective !== true) attr.pointer(32, new Uint8Array(4 * room));
    if (query.withLinks === true) attr.pointer(40, links);
    const result = bpf(BPF_PROG_QUERY, attr);
    if (result === -ENOSPC) continue;
    // A hook that nothing was ever attached to has no list yet.
    if (result === -ENOENT) return { revision: 1n, flags: 0, programs: [] };
    if (result < 0)
      throw bpfFailure({ doing, command: BPF_PROG_QUERY, errno: -result, meaning: meanings?.get(-result) });
    return answer(attr, ids, links);
  }
}

function request({ target, attachType, effective = false }: ProgramQuery, ids: Uint8Array): Attr {
  return new Attr(QUERY_SIZE)
    .u32(0, target)
    .u32(4, attachType)
    .u32(8, effective ? BPF_F_QUERY_EFFECTIVE : 0)
    .pointer(16, ids)
    .u32(24, ids.length / 4);
}

function answer(attr: Attr, ids: Uint8Array, links: Uint8Array): AttachedPrograms {
  const [idAt, linkAt] = [new Memory(ids), new Memory(links)];
  const programs = Array.from({ length: attr.getU32(24) }, (_, i): AttachedProgram => {
    const linkId = linkAt.u32(4 * i);
    return { programId: idAt.u32(4 * i), linkId: linkId === 0 ? undefined : linkId };
  });
  return { revision: attr.getU64(56), flags: attr.getU32(12), programs };
}
