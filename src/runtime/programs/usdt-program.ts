import type { Link } from "../links/link.ts";
import { attachUsdt, type UsdtOptions } from "../links/usdt/attach-usdt.ts";
import { Program } from "./program.ts";

/** A program for the probes that `<sys/sdt.h>` puts into executables and libraries: `SEC("usdt")`. */
export class UsdtProgram extends Program {
  /**
   * Attaches the program to all places of a USDT probe (libbpf: `bpf_program__attach_usdt`). The object must include
   * `bpf/usdt.bpf.h`, whose `BPF_USDT` and `bpf_usdt_arg` read the arguments.
   *
   * Throws a `CoreGenError`: `bad-input` when there is no such file or probe, with the names that are near, `unsupported`
   * for arguments that core-gen does not understand, and a `KernelError` when the kernel refuses.
   *
   * @example
   * skel.progs.handle_query.attachUsdt({ binary: "/usr/lib/postgresql/16/bin/postgres", provider: "postgresql", name: "query__start" });
   */
  attachUsdt(options: UsdtOptions): Link {
    return this.owner.attachWith((program) => attachUsdt(program, options));
  }
}
