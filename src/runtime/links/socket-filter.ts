import type { LoadedProgram } from "../load/types.ts";
import { ENOMEM, EPERM } from "../sys/errno.ts";
import type { Link } from "./link.ts";
import { attachToSocket, type SocketHook } from "./socket.ts";

const filter: SocketHook = {
  name: "filter",
  attach: 50,
  attachName: "SO_ATTACH_BPF",
  detach: 27,
  detachName: "SO_DETACH_BPF",
  meanings: new Map([
    [EPERM, "the socket's filter is locked (SO_LOCK_FILTER)"],
    [ENOMEM, "the socket's filters take more memory than net.core.optmem_max allows"],
  ]),
};

/** Lets a program say how much of each packet a socket gets (SO_ATTACH_BPF). */
export function attachSocketFilter(loaded: LoadedProgram, socket: number): Link {
  return attachToSocket(loaded, socket, filter);
}
