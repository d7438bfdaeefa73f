import type { Link } from "../links/link.ts";
import { attachLirc, type LircOptions } from "../links/lirc.ts";
import { Program } from "./program.ts";

/** A program that decodes the signals of an infrared receiver: `SEC("lirc_mode2")` (CONFIG_BPF_LIRC_MODE2). */
export class LircProgram extends Program {
  /**
   * Attaches the program to a receiver (libbpf: `bpf_prog_attach`; the kernel has no links there).
   *
   * The kernel keeps it when the process is killed by SIGKILL; at a normal end and SIGINT, SIGTERM and SIGHUP it is
   * detached. Throws a `CoreGenError` with code `bad-input` when there is no such device, and a `KernelError` when the
   * kernel refuses: EINVAL when the device is no receiver of raw signals.
   *
   * @example
   * using link = skel.progs.decode.attachLirc({ device: "/dev/lirc0" });
   */
  attachLirc(options: LircOptions): Link {
    return this.owner.attachWith((program) => attachLirc(program, options));
  }
}
