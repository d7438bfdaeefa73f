import { findInterface, type Interface } from "../kernel/interfaces.ts";
import { NLM_F_DUMP, RTM_GETTFILTER, RTM_NEWTFILTER, rtnetlink } from "../sys/netlink.ts";
import { unlessGone } from "./clsact.ts";
import { programOf } from "./tc-filter.ts";
import { readTcPlace, type TcPlace } from "./tc-place.ts";
import { readTcmsg, tcmsg } from "./tcmsg.ts";

/** A program that is attached as a filter of tc's. */
export interface TcAttachment {
  readonly handle: number;
  readonly priority: number;
  /** The program's id in the kernel, as `bpftool prog` lists it. */
  readonly programId: number;
}

/**
 * The BPF programs among the filters of an interface's clsact qdisc, or of another one, in the order they run (libbpf:
 * `bpf_tc_query`). Throws a `CoreGenError` when there is no such interface.
 *
 * @example
 * for (const { priority, programId } of queryTc("eth0", "ingress")) console.log(priority, programId);
 * queryTc("eth0", { parent: "1:" });
 */
export function queryTc(which: Interface, place: TcPlace): TcAttachment[] {
  const doing = "asking for the filters of an interface";
  const header = tcmsg({ index: findInterface(which, doing).index, parent: readTcPlace(place, doing) });
  const dump = unlessGone(() => rtnetlink({ type: RTM_GETTFILTER, flags: NLM_F_DUMP, header, doing }));
  return (dump ?? []).flatMap(({ type, body }) => {
    if (type !== RTM_NEWTFILTER) return [];
    const answer = readTcmsg(body);
    const programId = programOf(answer);
    return programId === undefined ? [] : [{ handle: answer.handle, priority: answer.priority, programId }];
  });
}
