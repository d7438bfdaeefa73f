import { findInterface, type Interface } from "../kernel/interfaces.ts";
import type { Attributes } from "../sys/netlink-attributes.ts";

/** Where XDP programs run: in the driver before there is an skb, in the network stack, or on the network card. */
export type XdpMode = "driver" | "generic" | "offload";

/** A program that is attached to an interface. */
export interface XdpAttachment {
  readonly mode: XdpMode;
  /** The program's id in the kernel, as `bpftool prog` lists it. */
  readonly programId: number;
}

const IFLA_XDP = 43;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_PROG_ID = 4;
const XDP_ATTACHED_MULTI = 4;

/** By mode: its number as XDP_ATTACHED_*, and the attribute that has its program when there are several. */
const modes: readonly (readonly [mode: XdpMode, attached: number, programId: number])[] = [
  ["driver", 1, 5],
  ["generic", 2, 6],
  ["offload", 3, 7],
];

/**
 * The XDP programs of an interface, at most one for each mode (libbpf: `bpf_xdp_query`).
 * Throws a `CoreGenError` when there is no such interface.
 *
 * @example
 * for (const { mode, programId } of queryXdp("eth0")) console.log(mode, programId);
 */
export function queryXdp(which: Interface): XdpAttachment[] {
  return xdpAttachments(findInterface(which, "asking for XDP programs").attributes);
}

/** The same, of what the kernel has said about the interface. */
export function xdpAttachments(ofInterface: Attributes): XdpAttachment[] {
  const xdp = ofInterface.nested(IFLA_XDP);
  const attached = xdp.u8(IFLA_XDP_ATTACHED) ?? 0;
  return modes.flatMap(([mode, number, attribute]) => {
    const isOnlyOne = attached === number;
    if (!isOnlyOne && attached !== XDP_ATTACHED_MULTI) return [];
    const programId = xdp.u32(attribute) ?? (isOnlyOne ? xdp.u32(IFLA_XDP_PROG_ID) : undefined);
    return programId === undefined ? [] : [{ mode, programId }];
  });
}
