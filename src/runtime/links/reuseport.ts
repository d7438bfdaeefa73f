import type { LoadedProgram } from "../load/types.ts";
import { EINVAL, ENOMEM, ENOTSUPP, EPERM } from "../sys/errno.ts";
import type { Link } from "./link.ts";
import { attachToSocket, type SocketHook } from "./socket.ts";

const selector: SocketHook = {
  name: "selector of the group",
  attach: 52,
  attachName: "SO_ATTACH_REUSEPORT_EBPF",
  detach: 68,
  detachName: "SO_DETACH_REUSEPORT_BPF",
  meanings: new Map([
    [EINVAL, "SO_REUSEPORT was not set on the socket before it was bound"],
    [ENOTSUPP, "only TCP and UDP sockets of IPv4 and IPv6 have such groups"],
    [EPERM, "the socket's filter is locked (SO_LOCK_FILTER)"],
    [ENOMEM, "the socket's filters take more memory than net.core.optmem_max allows"],
  ]),
};

/** Lets a program choose among the sockets of one port, of which `socket` is one (SO_ATTACH_REUSEPORT_EBPF). */
export function attachReuseport(loaded: LoadedProgram, socket: number): Link {
  return attachToSocket(loaded, socket, selector);
}
