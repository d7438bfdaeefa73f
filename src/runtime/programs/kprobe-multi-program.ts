import { attachKprobeMulti, type KprobeMultiOptions } from "../links/kprobe-multi.ts";
import type { Link } from "../links/link.ts";
import { Program } from "./program.ts";

/** A program for many functions of the kernel at once: `SEC("kprobe.multi")`, `SEC("kretprobe.multi")`, `SEC("kprobe.session")`. */
export class KprobeMultiProgram extends Program {
  /**
   * Attaches the program to functions of the kernel with one link (libbpf: `bpf_program__attach_kprobe_multi_opts`). Needs
   * Linux 5.18 with CONFIG_FPROBE, and for sessions 6.10.
   *
   * Throws a `CoreGenError`: `bad-input` when a function is missing or can't be traced, with the reason; `unsupported` on
   * kernels that have no such links.
   *
   * @example
   * skel.progs.count.attachKprobeMulti({ pattern: "tcp_v4_*" });
   * skel.progs.count.attachKprobeMulti({ functions: ["do_exit", "do_unlinkat"], cookies: [1n, 2n] });
   */
  attachKprobeMulti(options: KprobeMultiOptions): Link {
    return this.owner.attachWith((program) => attachKprobeMulti(program, options));
  }
}
