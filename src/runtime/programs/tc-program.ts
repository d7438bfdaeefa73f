import { attachTc, type TcLink, type TcOptions } from "../links/tc.ts";
import { TrafficProgram } from "./packet-program.ts";

/** A program for packets that arrive at or leave an interface: `SEC("tc")`, `SEC("classifier")`, `SEC("action")`. */
export class TcProgram extends TrafficProgram {
  /**
   * Attaches the program as a filter of tc's, whose clsact qdisc is made when it is missing, and removed again with the
   * last filter in it (libbpf: `bpf_tc_hook_create`, `bpf_tc_attach`). What the program returns becomes of the packet
   * (`direct-action`). With `parent` it is a filter of another qdisc.
   *
   * The kernel keeps filters when the process is killed by SIGKILL; at a normal end and SIGINT, SIGTERM and SIGHUP this one
   * is removed. Throws a `CoreGenError` when there is no such interface, and a `KernelError` when the kernel refuses.
   *
   * @example
   * using link = skel.progs.count.attachTc({ interface: "eth0", direction: "ingress" });
   * skel.progs.classify.attachTc({ interface: "eth0", parent: "1:" });
   */
  attachTc(options: TcOptions): TcLink {
    return this.owner.attachWith((program) => attachTc(program, options));
  }
}
