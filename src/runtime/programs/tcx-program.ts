import type { Link } from "../links/link.ts";
import { attachTc, type TcDirection, type TcFilterOptions, type TcLink, type TcParent } from "../links/tc.ts";
import { attachTcx, directionOf, type TcxOptions } from "../links/tcx.ts";
import { TrafficProgram } from "./packet-program.ts";

/** A program for packets that arrive or leave: `SEC("tcx/ingress")`, `SEC("tcx/egress")`, `SEC("tc/ingress")`, `SEC("tc/egress")`. */
export class TcxProgram extends TrafficProgram {
  /**
   * Attaches the program to an interface with a BPF link (Linux 6.6; libbpf: `bpf_program__attach_tcx`).
   *
   * Throws a `CoreGenError` when there is no such interface, with code `unsupported` on older kernels, and a `KernelError`
   * when the kernel refuses: ESTALE when the programs there are not of the expected revision.
   *
   * @example
   * using link = skel.progs.count.attachTcx({ interface: "eth0", before: "all" });
   */
  attachTcx(options: TcxOptions): Link {
    return this.owner.attachWith((program) => attachTcx(program, options));
  }

  /**
   * Attaches the program as a filter of tc's, which every kernel has; see `attachTc` of {@link TcProgram}. The direction is
   * the section's when it is left out.
   *
   * @example
   * using link = skel.progs.count.attachTc({ interface: "eth0" });
   */
  attachTc(options: TcFilterOptions & (Partial<TcDirection> | TcParent)): TcLink {
    return this.owner.attachWith((program) => {
      if (options.parent !== undefined) return attachTc(program, options);
      return attachTc(program, { ...options, direction: options.direction ?? directionOf(program) });
    });
  }
}
