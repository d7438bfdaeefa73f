import type { Link } from "../links/link.ts";
import { attachXdp, type XdpOptions } from "../links/xdp.ts";
import { Program } from "./program.ts";

/** A program for packets as a network interface receives them: `SEC("xdp")`, `SEC("xdp.frags")`. */
export class XdpProgram extends Program {
  /**
   * Attaches the program to a network interface, with a BPF link, on kernels before 5.9 through netlink (libbpf:
   * `bpf_program__attach_xdp`, `bpf_xdp_attach`). Programs of `xdp/devmap` and `xdp/cpumap` run from maps instead.
   *
   * Throws a `CoreGenError` when there is no such interface, and a `KernelError` when the kernel refuses: EBUSY or EEXIST
   * where a program is attached, EOPNOTSUPP where the driver can't do it.
   *
   * @example
   * using link = skel.progs.drop.attachXdp({ interface: "eth0", mode: "generic" });
   */
  attachXdp(options: XdpOptions): Link {
    return this.owner.attachWith((program) => attachXdp(program, options));
  }
}
