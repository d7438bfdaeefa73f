import { attachIter, type IterOptions } from "../links/iter/attach-iter.ts";
import type { IterLink } from "../links/iter/iter-link.ts";
import { Program } from "./program.ts";

/** A program that writes a text or records about things in the kernel, one after the other: `SEC("iter")` (Linux 5.8). */
export class IterProgram extends Program {
  /**
   * Attaches the iterator, to be read (libbpf: `bpf_program__attach_iter`). Iterators over the elements of a map need to
   * know of which map, iterators over control groups of which group; those over tasks can be for one process.
   *
   * Throws a `CoreGenError` with code `bad-input` for an option that this iterator does not take, `unsupported` for one
   * process on kernels before 6.1, and a `KernelError` when the kernel refuses.
   *
   * @example
   * using link = skel.progs.dump_counts.attachIter({ map: skel.maps.counts });
   * for (const { key, value } of link.records(Count)) console.log(key, value);
   */
  attachIter(options: IterOptions = {}): IterLink {
    return this.owner.attachWith((program) => attachIter(program, options));
  }

  /** Attaches the iterator, to be read; for those that need no options. */
  override attach(): IterLink {
    return this.attachIter();
  }
}
