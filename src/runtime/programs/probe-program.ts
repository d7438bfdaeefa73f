import { attachKprobe, attachKsyscall, type KprobeOptions, type KsyscallOptions } from "../links/kprobe.ts";
import type { Link } from "../links/link.ts";
import { attachUprobe, type UprobeOptions } from "../links/uprobe.ts";
import { Program } from "./program.ts";

/**
 * A program for places in the kernel or in executables: `SEC("kprobe")`, `SEC("kretprobe")`, `SEC("ksyscall")`,
 * `SEC("kretsyscall")`, `SEC("uprobe")`, `SEC("uretprobe")`.
 */
export class ProbeProgram extends Program {
  /**
   * Attaches the program to a function of the kernel (libbpf: `bpf_program__attach_kprobe_opts`).
   *
   * Throws a `CoreGenError`: `bad-input` when this kernel has no such function or can't probe it, with the reason and what
   * would do; `unsupported` for a cookie or a mode that this kernel doesn't have.
   *
   * @example
   * skel.progs.handle_unlink.attachKprobe({ function: "do_unlinkat", cookie: 7n });
   */
  attachKprobe(options: KprobeOptions): Link {
    return this.owner.attachWith((program) => attachKprobe(program, options));
  }

  /**
   * Attaches the program to a system call, whatever its function is called on this kernel (libbpf:
   * `bpf_program__attach_ksyscall`). Throws as {@link attachKprobe}.
   *
   * @example
   * skel.progs.handle_kill.attachKsyscall({ name: "kill", return: true });
   */
  attachKsyscall(options: KsyscallOptions): Link {
    return this.owner.attachWith((program) => attachKsyscall(program, options));
  }

  /**
   * Attaches the program to a function of an executable or shared library, in all processes or in one (libbpf:
   * `bpf_program__attach_uprobe_opts`).
   *
   * Throws a `CoreGenError`: `bad-input` when there is no such file, function or process, with names that are near;
   * `unsupported` for a cookie or a mode that this kernel doesn't have.
   *
   * @example
   * skel.progs.handle_readline.attachUprobe({ binary: "bash", function: "readline", return: true });
   */
  attachUprobe(options: UprobeOptions): Link {
    return this.owner.attachWith((program) => attachUprobe(program, options));
  }
}
