import { attachCgroup } from "../links/cgroup.ts";
import type { CgroupOptions } from "../links/cgroup-attachment.ts";
import type { Link } from "../links/link.ts";
import { PacketProgram } from "./packet-program.ts";

/** A program for the processes of a cgroup: `SEC("cgroup_skb/ingress")`, `SEC("cgroup/connect4")`, `SEC("sockops")`, `SEC("lsm_cgroup/…")`. */
export class CgroupProgram extends PacketProgram {
  /**
   * Attaches the program to a cgroup: the kernel runs it for processes in there and in all cgroups below (libbpf:
   * `bpf_program__attach_cgroup_opts`, cgroup2 only).
   *
   * It is a BPF link on Linux 5.7 and later. Without one, on older kernels or with `legacy`, the program stays attached if
   * the process is killed: until somebody detaches it (`bpftool cgroup detach`), or the cgroup is removed.
   *
   * Throws a `CoreGenError`: `bad-input` when there is no such cgroup, or it is one of cgroup v1, `unsupported` when the
   * kernel is too old for an option, and a `KernelError` when it refuses.
   *
   * @example
   * using link = skel.progs.guard_connect.attachCgroup({ cgroup: "/sys/fs/cgroup/system.slice" });
   */
  attachCgroup(options: CgroupOptions): Link {
    return this.owner.attachWith((program) => attachCgroup(program, options));
  }
}
