import { hostIsLittleEndian } from "../memory.ts";
import { Attributes } from "../sys/netlink-attributes.ts";

export const TCA_KIND = 1;
export const TCA_OPTIONS = 2;

const SIZE = 20;
const ETH_P_ALL = 3;

/** The header of messages about qdiscs and filters, `struct tcmsg`. */
export interface Tcmsg {
  /** The interface's. */
  readonly index: number;
  readonly parent: number;
  readonly handle?: number;
  /** Of a filter; 0 lets the kernel choose. */
  readonly priority?: number;
}

/** `struct tcmsg`; with a priority for packets of every protocol. */
export function tcmsg({ index, parent, handle = 0, priority }: Tcmsg): Uint8Array {
  const header = new Uint8Array(SIZE);
  const view = new DataView(header.buffer);
  view.setInt32(4, index, hostIsLittleEndian);
  view.setUint32(8, handle, hostIsLittleEndian);
  view.setUint32(12, parent, hostIsLittleEndian);
  if (priority === undefined) return header;
  // tcm_info: the priority in its upper half, the protocol in network byte order in its lower.
  const protocol = hostIsLittleEndian ? ETH_P_ALL << 8 : ETH_P_ALL;
  view.setUint32(16, ((priority << 16) | protocol) >>> 0, hostIsLittleEndian);
  return header;
}

/** A message of the kernel's about a qdisc or a filter. */
export interface TcAnswer extends Required<Tcmsg> {
  readonly attributes: Attributes;
}

export function readTcmsg(body: Uint8Array): TcAnswer {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return {
    index: view.getInt32(4, hostIsLittleEndian),
    handle: view.getUint32(8, hostIsLittleEndian),
    parent: view.getUint32(12, hostIsLittleEndian),
    priority: view.getUint32(16, hostIsLittleEndian) >>> 16,
    attributes: new Attributes(body.subarray(SIZE)),
  };
}
