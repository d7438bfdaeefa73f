import type { Link } from "../links/link.ts";
import { attachSockmap, type SocketMap, type SockmapOptions } from "../links/sockmap.ts";
import { Program } from "./program.ts";

/**
 * A program for the data of sockets in a map: `SEC("sk_skb/stream_parser")`, `SEC("sk_skb/stream_verdict")`,
 * `SEC("sk_skb/verdict")`, `SEC("sk_skb")`, `SEC("sk_msg")`.
 */
export class SockmapProgram extends Program {
  /**
   * Attaches the program to a sockmap or a sockhash: the kernel runs it for the data of all sockets that are put in there
   * from then on (libbpf: `bpf_program__attach_sockmap`). Those that are in there already do without it, and when it is
   * detached those that have it keep it until they leave the map.
   *
   * It is a BPF link on Linux 6.10 and later. Without one, on older kernels or with `legacy`, the program stays at the map
   * if the process is killed; a map that nobody else holds goes with its process, a pinned one stays.
   *
   * Throws a `CoreGenError`: `bad-input` when the section does not say what the program is for and the options don't
   * either, `unsupported` when the kernel is too old, and a `KernelError`: EBUSY when another link has a program there,
   * EINVAL or EOPNOTSUPP for a map of another kind.
   *
   * @example
   * using link = skel.progs.redirect.attachSockmap(skel.maps.sockets);
   * skel.maps.sockets.set(0, socket._handle.fd);
   */
  attachSockmap(map: SocketMap, options: SockmapOptions = {}): Link {
    return this.owner.attachWith((program) => attachSockmap(program, map, options));
  }
}
