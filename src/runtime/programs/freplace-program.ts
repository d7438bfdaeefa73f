import { attachFreplace, type FreplaceOptions } from "../links/freplace.ts";
import type { Link } from "../links/link.ts";
import { Program } from "./program.ts";

/**
 * A program that takes the place of a global function of another program: `SEC("freplace/NAME")`. That other one is its
 * `attachTarget`, which is set before loading.
 */
export class FreplaceProgram extends Program {
  /**
   * Puts the program in the place of the function that it was loaded for, or of one with the same arguments in another
   * program, which then runs this one whenever it calls the function; detached, its own again (libbpf:
   * `bpf_program__attach_freplace`).
   *
   * Throws a `CoreGenError` with code `bad-input` and near names when the other program has no such function, and a
   * `KernelError` when the kernel refuses: EBUSY when the function is replaced already, EINVAL without options when the
   * program was attached before.
   *
   * @example
   * using link = skel.progs.answer_better.attachFreplace({ program: other.progs.ask, function: "answer" });
   */
  attachFreplace(options?: FreplaceOptions): Link {
    return this.owner.attachWith((program) => attachFreplace(program, options));
  }
}
