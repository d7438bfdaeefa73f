import type { Link } from "../links/link.ts";
import { attachReuseport } from "../links/reuseport.ts";
import { attachSocketFilter } from "../links/socket-filter.ts";
import { PacketProgram } from "./packet-program.ts";

/** A program that says how much of a packet a socket gets: `SEC("socket")`. */
export class SocketFilterProgram extends PacketProgram {
  /**
   * Attaches the program to a socket (SO_ATTACH_BPF): the socket gets as many bytes of each packet as the program returns,
   * and nothing for 0. A filter that somebody else has attached there is replaced.
   *
   * The socket is given by the number of its descriptor, and stays yours; its filter goes with it. Where another process
   * has the socket too, the kernel keeps the filter when this one is killed by SIGKILL; at a normal end and SIGINT, SIGTERM
   * and SIGHUP it is removed.
   *
   * Throws a `CoreGenError` with code `bad-input` for what is no socket, and when this process has attached a filter to it
   * already; and a `KernelError`: EPERM when the socket's filter is locked.
   *
   * @example
   * using link = skel.progs.only_dns.attachSocket(socket._handle.fd);
   */
  attachSocket(socket: number): Link {
    return this.owner.attachWith((program) => attachSocketFilter(program, socket));
  }

  /**
   * Attaches the program to the group of sockets of one port that a socket is in, all with SO_REUSEPORT: what it returns is
   * the number of the socket that gets the packet, in the order in which they were bound. The rest is as
   * `attachReuseport` of {@link SkReuseportProgram} has it.
   *
   * @example
   * using link = skel.progs.choose.attachReuseport(first);
   */
  attachReuseport(socket: number): Link {
    return this.owner.attachWith((program) => attachReuseport(program, socket));
  }
}
