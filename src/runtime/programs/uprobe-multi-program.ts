import type { Link } from "../links/link.ts";
import { attachUprobeMulti, type UprobeMultiOptions } from "../links/uprobe-multi.ts";
import { Program } from "./program.ts";

/** A program for many functions of an executable at once: `SEC("uprobe.multi")`, `SEC("uretprobe.multi")`, `SEC("uprobe.session")`. */
export class UprobeMultiProgram extends Program {
  /**
   * Attaches the program to functions of an executable or shared library with one link (libbpf:
   * `bpf_program__attach_uprobe_multi`). Needs Linux 6.6, and for sessions 6.13.
   *
   * Throws a `CoreGenError`: `bad-input` when there is no such file, function or process; `unsupported` on kernels that
   * have no such links.
   *
   * @example
   * skel.progs.count.attachUprobeMulti({ binary: "libc.so.6", functions: ["malloc", "free"], cookies: [1n, 2n] });
   */
  attachUprobeMulti(options: UprobeMultiOptions): Link {
    return this.owner.attachWith((program) => attachUprobeMulti(program, options));
  }
}
