import { KernelError } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { withAddress } from "./bpf.ts";
import { EAGAIN, EINTR, EPERM } from "./errno.ts";
import { Fd } from "./fd.ts";
import { libc } from "./libc.ts";
import { align, Attributes } from "./netlink-attributes.ts";

/*
 * Questions and orders to the kernel's network stack: https://docs.kernel.org/userspace-api/netlink/intro.html and
 * rtnetlink(7). The kernel does what it is asked before send() returns, so answers are there and nothing ever waits.
 */

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const MSG_PEEK = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

const NLMSG_HEADER = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

export const NLM_F_ECHO = 8;
/** All of them: NLM_F_ROOT and NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;
export const RTM_NEWQDISC = 36;
export const RTM_DELQDISC = 37;
export const RTM_GETQDISC = 38;
export const RTM_NEWTFILTER = 44;
export const RTM_DELTFILTER = 45;
export const RTM_GETTFILTER = 46;

const messageNames: ReadonlyMap<number, string> = new Map([
  [RTM_NEWLINK, "RTM_NEWLINK"],
  [RTM_GETLINK, "RTM_GETLINK"],
  [RTM_SETLINK, "RTM_SETLINK"],
  [RTM_NEWQDISC, "RTM_NEWQDISC"],
  [RTM_DELQDISC, "RTM_DELQDISC"],
  [RTM_GETQDISC, "RTM_GETQDISC"],
  [RTM_NEWTFILTER, "RTM_NEWTFILTER"],
  [RTM_DELTFILTER, "RTM_DELTFILTER"],
  [RTM_GETTFILTER, "RTM_GETTFILTER"],
]);

/** What is asked of rtnetlink. */
export interface NetlinkRequest {
  /** `RTM_*`. */
  readonly type: number;
  /** `NLM_F_*`; NLM_F_REQUEST and, but for dumps, NLM_F_ACK are added. */
  readonly flags?: number;
  /** `struct ifinfomsg`, `struct tcmsg` and the like. */
  readonly header: Uint8Array;
  readonly attributes?: { readonly bytes: Uint8Array };
  /** For errors: `attaching program "p" to interface eth0`. */
  readonly doing: string;
  /** Why the kernel refuses, by errno, where it doesn't say so itself. */
  readonly meanings?: ReadonlyMap<number, string>;
  readonly hints?: ReadonlyMap<number, readonly string[]>;
}

/** One of the messages that answer a request, behind its `struct nlmsghdr`. */
export interface NetlinkMessage {
  /** `RTM_*`. */
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * Asks rtnetlink, and returns the answers: none for most orders, with NLM_F_ECHO what was made, for dumps everything.
 *
 * Throws a {@link KernelError} with the kernel's own words where it has any (extended ack, Linux 4.12).
 */
export function rtnetlink(request: NetlinkRequest): NetlinkMessage[] {
  using socket = openSocket();
  // Every socket asks once, so the sequence number only has to be another one than the kernel's 0.
  const message = encodeMessage(request, 1);
  const sent = withAddress(message, (address) => libc().send(socket.number, address, message.length, 0));
  if (sent < 0) throw failure(request, -sent);
  return receiveAnswers(socket, request);
}

function openSocket(): Fd {
  const number = libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  const doing = "talking to the kernel's network stack";
  if (number < 0) throw new KernelError({ doing, syscall: "socket", errno: -number });
  const socket = new Fd(number, "a netlink socket");
  const one = new Uint8Array(new Uint32Array([1]).buffer);
  // Kernels that don't have it send errors without words.
  withAddress(one, (address) => libc().setsockopt(socket.number, SOL_NETLINK, NETLINK_EXT_ACK, address, one.length));
  return socket;
}

function encodeMessage({ type, flags = 0, header, attributes }: NetlinkRequest, sequence: number): Uint8Array {
  const body = attributes?.bytes ?? new Uint8Array();
  const attributesAt = NLMSG_HEADER + align(header.length);
  const message = new Uint8Array(attributesAt + body.length);
  const view = new DataView(message.buffer);
  const isDump = (flags & NLM_F_DUMP) === NLM_F_DUMP;
  view.setUint32(0, message.length, hostIsLittleEndian);
  view.setUint16(4, type, hostIsLittleEndian);
  view.setUint16(6, flags | NLM_F_REQUEST | (isDump ? 0 : NLM_F_ACK), hostIsLittleEndian);
  view.setUint32(8, sequence, hostIsLittleEndian);
  message.set(header, NLMSG_HEADER);
  message.set(body, attributesAt);
  return message;
}

/** Reads until the message that ends every answer: NLMSG_DONE of a dump, NLMSG_ERROR with or without an error. */
function receiveAnswers(socket: Fd, request: NetlinkRequest): NetlinkMessage[] {
  const answers: NetlinkMessage[] = [];
  for (;;) {
    const datagram = receive(socket, request);
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    for (let at = 0; at + NLMSG_HEADER <= datagram.length;) {
      const length = view.getUint32(at, hostIsLittleEndian);
      if (length < NLMSG_HEADER || at + length > datagram.length) break;
      const type = view.getUint16(at + 4, hostIsLittleEndian);
      const flags = view.getUint16(at + 6, hostIsLittleEndian);
      const body = datagram.subarray(at + NLMSG_HEADER, at + length);
      if (type === NLMSG_ERROR || type === NLMSG_DONE) {
        const errno = body.length < 4 ? 0 : -view.getInt32(at + NLMSG_HEADER, hostIsLittleEndian);
        if (errno > 0) throw failure(request, errno, type === NLMSG_ERROR ? extendedAck(body, flags) : undefined);
        return answers;
      }
      answers.push({ type, body });
      at += align(length);
    }
  }
}

function receive(socket: Fd, request: NetlinkRequest): Uint8Array {
  // MSG_TRUNC makes the kernel tell the whole length: dumps come in datagrams of up to 32 KB.
  const length = receiveInto(socket, new Uint8Array(1), MSG_PEEK | MSG_TRUNC, request);
  const datagram = new Uint8Array(length);
  receiveInto(socket, datagram, 0, request);
  return datagram;
}

function receiveInto(socket: Fd, buffer: Uint8Array, flags: number, request: NetlinkRequest): number {
  const attempt = (address: number): number => libc().recv(socket.number, address, buffer.length, flags | MSG_DONTWAIT);
  for (;;) {
    const result = withAddress(buffer, attempt);
    if (result > 0) return result;
    if (result === -EINTR) continue;
    throw failure(request, result === 0 ? EAGAIN : -result, "the kernel did not answer");
  }
}

/** The kernel's own words about an error, behind the request that it sends back, or behind its header alone. */
function extendedAck(body: Uint8Array, flags: number): string | undefined {
  if ((flags & NLM_F_ACK_TLVS) === 0 || body.length < 4 + NLMSG_HEADER) return undefined;
  const returned = new DataView(body.buffer, body.byteOffset).getUint32(4, hostIsLittleEndian);
  const at = 4 + ((flags & NLM_F_CAPPED) === 0 ? align(returned) : NLMSG_HEADER);
  return new Attributes(body.subarray(at)).text(NLMSGERR_ATTR_MSG);
}

function failure({ type, doing, meanings, hints }: NetlinkRequest, errno: number, words?: string): KernelError {
  const command = messageNames.get(type) ?? `message ${type}`;
  const permission = errno === EPERM ? ["Run as root, or give the process CAP_NET_ADMIN."] : [];
  return new KernelError({
    doing,
    syscall: "netlink",
    command,
    errno,
    meaning: words ?? meanings?.get(errno),
    hints: [...permission, ...(hints?.get(errno) ?? [])],
  });
}
