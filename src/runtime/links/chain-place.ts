import { CoreGenError } from "../../errors.ts";
import { BPF_F_LINK } from "../../object/struct-ops.ts";
import { Link, type AnyLink, type ProgramSource } from "./link.ts";

/** One of the programs that are attached: a program, a link, or the id of either. */
export type ChainMember = ProgramSource | AnyLink | { readonly programId: number } | { readonly linkId: number };

/** Where among the programs of a hook a new one goes: they run one after the other (kernel/bpf/mprog.c). */
export interface ChainPlace {
  /** In front of this one, or of "all". When neither this nor `after` is there: behind all. */
  readonly before?: ChainMember | "all" | undefined;
  /** Behind this one, or behind "all". */
  readonly after?: ChainMember | "all" | undefined;
  /** Only if the hook's programs are those of this `revision`: see the query's answer. ESTALE when they changed since. */
  readonly expectedRevision?: bigint | undefined;
}

const BPF_F_BEFORE = 8;
const BPF_F_AFTER = 16;
const BPF_F_ID = 32;

/** A place as the kernel wants it: its flags, and the descriptor or id that they are about. */
export interface PlaceOfChain {
  readonly flags: number;
  readonly relative: number;
}

/** Throws a `CoreGenError` with code `bad-input` for a place that is two. */
export function readChainPlace({ before, after }: ChainPlace, doing: string): PlaceOfChain {
  if (before !== undefined && after !== undefined) {
    throw new CoreGenError("bad-input", `${doing}: both before and after are set`, { hints: ["Leave out one."] });
  }
  if (before !== undefined) return relativeTo(before, BPF_F_BEFORE);
  return after === undefined ? { flags: 0, relative: 0 } : relativeTo(after, BPF_F_AFTER);
}

function relativeTo(member: ChainMember | "all", flags: number): PlaceOfChain {
  if (member === "all") return { flags, relative: 0 };
  if (member instanceof Link) return { flags: flags | BPF_F_LINK, relative: member.fd };
  if ("linkId" in member) return { flags: flags | BPF_F_LINK | BPF_F_ID, relative: member.linkId };
  if ("programId" in member) return { flags: flags | BPF_F_ID, relative: member.programId };
  return { flags, relative: member.fd };
}
