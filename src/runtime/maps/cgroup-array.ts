import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { withDescriptorOf } from "./descriptors.ts";
import { indexWire } from "./index-wire.ts";

/** Control groups that programs ask about, as `bpf_current_task_under_cgroup()` does: `BPF_MAP_TYPE_CGROUP_ARRAY`. */
export class CgroupArray extends BpfMap {
  readonly #cells: Cells<number, number>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), u32);
  }

  get length(): number {
    return this.maxEntries;
  }

  /** Puts the control group at `index`: its folder below /sys/fs/cgroup, or the number of its descriptor. */
  set(index: number, cgroup: string | number): this {
    withDescriptorOf(cgroup, "a control group", (fd) => {
      this.#cells.set(index, fd);
    });
    return this;
  }

  /** Takes it out; false when there was none. The kernel doesn't say which ones are in the map. */
  delete(index: number): boolean {
    return this.#cells.delete(index);
  }
}
