import { ifinfomsg } from "../../src/runtime/kernel/interfaces.ts";
import { findInterface } from "../../src/runtime/kernel/interfaces.ts";
import { hostIsLittleEndian } from "../../src/runtime/memory.ts";
import { NLM_F_CREATE, NLM_F_EXCL, RTM_NEWLINK, rtnetlink } from "../../src/runtime/sys/netlink.ts";
import { AttributeWriter } from "../../src/runtime/sys/netlink-attributes.ts";

const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
/** VETH_INFO_PEER and IFLA_NETKIT_PEER_INFO: both hold a `struct ifinfomsg` and attributes. */
const PEER = 1;
const IFLA_NETKIT_MODE = 4;
const NETKIT_L2 = 0;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const IFA_LOCAL = 2;
const IFA_ADDRESS = 1;
const IFA_BROADCAST = 4;
const IFF_UP = 1;

/** Makes two devices that are connected, of the kernel's kind `veth` or `netkit`, and switches both on. */
export function makePair(kind: "veth" | "netkit", one: string, other: string): void {
  const peer = Buffer.concat([ifinfomsg(0), new AttributeWriter().text(IFLA_IFNAME, other).bytes]);
  const data = new AttributeWriter().raw(PEER, peer);
  if (kind === "netkit") data.u32(IFLA_NETKIT_MODE, NETKIT_L2);
  const info = new AttributeWriter().text(IFLA_INFO_KIND, kind).nested(IFLA_INFO_DATA, data);
  rtnetlink({
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: ifinfomsg(0),
    attributes: new AttributeWriter().text(IFLA_IFNAME, one).nested(IFLA_LINKINFO, info),
    doing: `making ${kind} devices`,
  });
  for (const name of [one, other]) switchOn(name);
}

/** Switches a device on: `ip link set NAME up`. */
export function switchOn(name: string): void {
  const header = ifinfomsg(indexOf(name));
  const view = new DataView(header.buffer);
  for (const at of [8, 12]) view.setUint32(at, IFF_UP, hostIsLittleEndian);
  rtnetlink({ type: RTM_NEWLINK, header, doing: `switching ${name} on` });
}

/** The longest packet of a device, in bytes: `ip link set NAME mtu MTU`. */
export function setMtu(name: string, mtu: number): void {
  const attributes = new AttributeWriter().u32(IFLA_MTU, mtu);
  rtnetlink({ type: RTM_NEWLINK, header: ifinfomsg(indexOf(name)), attributes, doing: `setting the MTU of ${name}` });
}

/** Gives a device an IPv4 address in a network of 24 bits: `ip address add ADDRESS/24 broadcast + dev NAME`. */
export function addAddress(name: string, address: string): void {
  const bytes = new Uint8Array(address.split(".").map(Number));
  const broadcast = new Uint8Array([...bytes.subarray(0, 3), 255]);
  const header = new Uint8Array(8);
  header.set([2, 24]);
  new DataView(header.buffer).setUint32(4, indexOf(name), hostIsLittleEndian);
  rtnetlink({
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header,
    attributes: new AttributeWriter().raw(IFA_LOCAL, bytes).raw(IFA_ADDRESS, bytes).raw(IFA_BROADCAST, broadcast),
    doing: `giving ${name} an address`,
  });
}

/** Removes a device, with its pair: `ip link delete NAME`. */
export function removeDevice(name: string): void {
  rtnetlink({ type: RTM_DELLINK, header: ifinfomsg(indexOf(name)), doing: `removing ${name}` });
}

function indexOf(name: string): number {
  return findInterface(name, `looking for ${name}`).index;
}
