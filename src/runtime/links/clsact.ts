import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { EEXIST, EINVAL, ENODEV, ENOENT } from "../sys/errno.ts";
import {
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  RTM_DELQDISC,
  RTM_GETQDISC,
  RTM_GETTFILTER,
  RTM_NEWQDISC,
  rtnetlink,
} from "../sys/netlink.ts";
import { AttributeWriter } from "../sys/netlink-attributes.ts";
import { readTcmsg, TCA_KIND, tcmsg } from "./tcmsg.ts";

export type Direction = "ingress" | "egress";

/** TC_H_CLSACT, the same as TC_H_INGRESS: the place of both qdiscs, of which an interface has one. */
const TC_H_CLSACT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;

/** `tcm_parent` of the filters of each direction. */
export const CLSACT_PARENTS: Readonly<Record<Direction, number>> = { ingress: 0xfffffff2, egress: 0xfffffff3 };

/** By the index of an interface whose clsact qdisc was made here: the filters of this process that are in it. */
const ours = new Map<number, Set<object>>();

/**
 * Makes the clsact qdisc that filters are in, if there is none (libbpf: `bpf_tc_hook_create`).
 *
 * Throws a `CoreGenError` when the interface has the older `ingress` qdisc, and the filter is for packets that leave: the
 * kernel would take it, and run it for packets that arrive.
 */
export function ensureClsact(index: number, direction: Direction, doing: string): void {
  try {
    rtnetlink({
      type: RTM_NEWQDISC,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      header: tcmsg({ index, parent: TC_H_CLSACT, handle: CLSACT_HANDLE }),
      attributes: new AttributeWriter().text(TCA_KIND, "clsact"),
      doing,
      hints: new Map([[ENOENT, ["This kernel has no clsact qdisc: CONFIG_NET_SCH_INGRESS is off."]]]),
    });
    ours.set(index, new Set());
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== EEXIST) throw error;
    if (direction === "egress" && qdiscKind(index, doing) === "ingress") throw hasNoEgress(doing);
  }
}

/** Notes that `filter` is in the qdisc, until {@link leaveClsact}. */
export function stayInClsact(index: number, filter: object): void {
  ours.get(index)?.add(filter);
}

/** Removes the clsact qdisc if it was made here, this was the last filter of this process, and nobody else has one. */
export function leaveClsact(index: number, filter: object | undefined, doing: string): void {
  const filters = ours.get(index);
  if (filters === undefined) return;
  if (filter !== undefined && !filters.delete(filter)) return;
  if (filters.size > 0) return;
  ours.delete(index);
  const isEmpty = Object.values(CLSACT_PARENTS).every((parent) => countFilters(index, parent, doing) === 0);
  if (!isEmpty) return;
  const header = tcmsg({ index, parent: TC_H_CLSACT, handle: CLSACT_HANDLE });
  unlessGone(() => rtnetlink({ type: RTM_DELQDISC, header, doing }));
}

function countFilters(index: number, parent: number, doing: string): number {
  const dump = { type: RTM_GETTFILTER, flags: NLM_F_DUMP, header: tcmsg({ index, parent }), doing };
  return unlessGone(() => rtnetlink(dump))?.length ?? 0;
}

/** Undefined when the interface or the qdisc is gone, which has taken the rest with it. */
export function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof KernelError && [ENODEV, ENOENT, EINVAL].includes(error.errno)) return undefined;
    throw error;
  }
}

function qdiscKind(index: number, doing: string): string | undefined {
  // Kernels before 5.x dump the qdiscs of all interfaces, whatever is asked for.
  const all = rtnetlink({ type: RTM_GETQDISC, flags: NLM_F_DUMP, header: tcmsg({ index, parent: 0 }), doing });
  for (const { body } of all) {
    const message = readTcmsg(body);
    if (message.index === index && message.parent === TC_H_CLSACT) return message.attributes.text(TCA_KIND);
  }
  return undefined;
}

function hasNoEgress(doing: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: the interface has an ingress qdisc, which has no egress`, {
    hints: ["Replace it by clsact, which has both: tc qdisc replace dev NAME clsact. That removes its filters."],
  });
}
