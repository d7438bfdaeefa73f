import { CoreGenError } from "../../errors.ts";
import type { Cgroup } from "../kernel/cgroup-folder.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import { kernelIsAtLeast } from "../kernel/release.ts";
import { bpfFailure } from "../sys/bpf.ts";
import { E2BIG, EBADF, EINVAL, ENODEV, ENOENT, EPERM, ESTALE } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import type { ChainPlace } from "./chain-place.ts";
import type { ProgramSource } from "./link.ts";

/** What cgroups below may have, beside a program that is attached by BPF_PROG_ATTACH: others too, one in its place, none. */
export type CgroupMode = "multi" | "override" | "single";

/** Which cgroup a program is attached to, and in which place. */
export interface CgroupOptions extends ChainPlace {
  /** The path of its folder, "/sys/fs/cgroup/system.slice", or the number of a descriptor of that. */
  readonly cgroup: Cgroup;
  /** Packets that arrive or that leave, for `SEC("cgroup/skb")`, which does not say it; "ingress" when it is left out. */
  readonly direction?: "ingress" | "egress" | undefined;
  /**
   * In front of the programs of the cgroups below, and not behind them (Linux 6.15, BPF_F_PREORDER).
   */
  readonly preorder?: boolean | undefined;
  /**
   * Attaches without a BPF link, by BPF_PROG_ATTACH, and says what cgroups below may have: "multi" others beside this one,
   * "override" one that replaces it there, "single" none. Kernels before 5.7 have no links: there it is "multi" when it is
   * left out.
   */
  readonly legacy?: CgroupMode | undefined;
  /** Takes the place of this program, which is attached by BPF_PROG_ATTACH and "multi"; only with `legacy` (Linux 5.5). */
  readonly replace?: ProgramSource | undefined;
}

export const BPF_F_PREORDER = 64;

/** What is attached to which hook of what. */
export interface CgroupAttachment {
  readonly what: string;
  readonly program: Fd;
  readonly cgroup: Fd;
  readonly attachType: number;
  readonly options: CgroupOptions;
}

/** What the kernel refused. */
export interface CgroupRefusal {
  readonly what: string;
  readonly command: number;
  readonly errno: number;
  readonly options: CgroupOptions;
}

/** Why the kernel may have refused to attach. */
export function refusal({ what, command, errno, options }: CgroupRefusal): CoreGenError {
  const isOrdered = options.before ?? options.after ?? options.expectedRevision;
  const asksForNew = errno === EINVAL || errno === E2BIG;
  if (asksForNew && isOrdered !== undefined && !kernelIsAtLeast([6, 17]))
    return tooOld(what, "the programs of a cgroup can't be ordered", "6.17");
  if (asksForNew && options.preorder === true && !kernelIsAtLeast([6, 15]))
    return tooOld(what, "there is no preorder", "6.15");
  return bpfFailure({
    doing: `attaching ${what}`,
    command: command,
    errno,
    meaning: meanings.get(errno),
    hints: hintsOf(errno, options),
  });
}

function hintsOf(errno: number, { before, after }: CgroupOptions): string[] {
  if ((errno === ENOENT || errno === EINVAL) && (before ?? after) !== undefined)
    return ["What is attached by a link is named by its link, and only links can be next to it; the same without."];
  return hintsIfDenied(errno, ["CAP_NET_ADMIN"]);
}

function tooOld(what: string, lacks: string, since: string): CoreGenError {
  return new CoreGenError("unsupported", `attaching ${what}: ${lacks} on this kernel, Linux ${since} and later can`);
}

const meanings: ReadonlyMap<number, string> = new Map([
  [EPERM, "a program is attached there or above that allows no other one, or this process may not do it"],
  [EINVAL, "this kernel has no such hook, or the program was loaded for another one"],
  [E2BIG, "64 programs are attached there, and that is the most"],
  [EBADF, "the descriptor is not one of a cgroup2 folder"],
  [ENODEV, "the cgroup has been removed"],
  [ENOENT, "the program or link that it should be next to, or replace, is not attached there"],
  [ESTALE, "the programs there have changed since the expected revision"],
]);
