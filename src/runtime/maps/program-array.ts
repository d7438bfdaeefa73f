import { u32 } from "../codecs.ts";
import type { Program } from "../programs/program.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { checkDescriptor } from "./descriptors.ts";
import { indexWire } from "./index-wire.ts";

/** Programs that others jump to with `bpf_tail_call()`: `BPF_MAP_TYPE_PROG_ARRAY`. */
export class ProgramArray extends BpfMap {
  readonly #cells: Cells<number, number>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), u32);
  }

  get length(): number {
    return this.maxEntries;
  }

  /**
   * Puts a program at `index`: a loaded one, or the number of its descriptor. Throws a {@link KernelError} with errno
   * EINVAL when it is of another kind than those that are there or that use the map.
   */
  set(index: number, program: Program | number): this {
    const fd = typeof program === "number" ? program : program.fd;
    this.#cells.set(index, checkDescriptor(fd, "a program"));
    return this;
  }

  /** The kernel's id of the program at `index`, as `bpftool prog` shows it; undefined when there is none. */
  id(index: number): number | undefined {
    return this.#cells.get(index);
  }

  has(index: number): boolean {
    return this.#cells.has(index);
  }

  /** Takes the program at `index` out; false when there was none. */
  delete(index: number): boolean {
    return this.#cells.delete(index);
  }
}
