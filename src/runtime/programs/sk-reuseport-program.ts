import type { Link } from "../links/link.ts";
import { attachReuseport } from "../links/reuseport.ts";
import { Program } from "./program.ts";

/**
 * A program that chooses which socket of one port gets a connection or a packet: `SEC("sk_reuseport")`, and
 * `SEC("sk_reuseport/migrate")` which also finds a new one for what a closed socket had not accepted yet (Linux 5.14).
 */
export class SkReuseportProgram extends Program {
  /**
   * Attaches the program to the group that a socket is in: all sockets of one port with SO_REUSEPORT
   * (SO_ATTACH_REUSEPORT_EBPF). The sockets that it chooses from, with `bpf_sk_select_reuseport()`, are in a map of its
   * own, a `ReuseportSockArray`. A program that another process has attached to the group is replaced.
   *
   * The socket is given by the number of its descriptor, and stays yours. The kernel keeps the program for as long as the
   * group has sockets, also those of other processes: it is detached by the link, and when the process ends by itself or
   * by SIGINT, SIGTERM or SIGHUP, if this socket is still open then; not after SIGKILL.
   *
   * Throws a `CoreGenError` with code `bad-input` for what is no socket, and when this process has attached a program to it
   * already; and a `KernelError`: EINVAL when SO_REUSEPORT was not set before it was bound.
   *
   * @example
   * skel.maps.listeners.set(0, first).set(1, second);
   * using link = skel.progs.choose.attachReuseport(first);
   */
  attachReuseport(socket: number): Link {
    return this.owner.attachWith((program) => attachReuseport(program, socket));
  }
}
