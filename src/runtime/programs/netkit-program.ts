import { attachNetkit, type NetkitOptions } from "../links/netkit.ts";
import type { Link } from "../links/link.ts";
import { TrafficProgram } from "./packet-program.ts";

/** A program for packets of a netkit pair: `SEC("netkit/primary")`, `SEC("netkit/peer")`. */
export class NetkitProgram extends TrafficProgram {
  /**
   * Attaches the program to a netkit pair with a BPF link (Linux 6.7; libbpf: `bpf_program__attach_netkit`).
   *
   * Throws a `CoreGenError` when there is no such interface, and with code `unsupported` when it is not the primary device of
   * a pair, or the kernel has none.
   *
   * @example
   * using link = skel.progs.police.attachNetkit({ interface: "nk0" });
   */
  attachNetkit(options: NetkitOptions): Link {
    return this.owner.attachWith((program) => attachNetkit(program, options));
  }
}
