import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { checkDescriptor } from "./descriptors.ts";
import { indexWire } from "./index-wire.ts";

/** AF_XDP sockets, by the number of the queue: `BPF_MAP_TYPE_XSKMAP`. */
export class XskMap extends BpfMap {
  readonly #cells: Cells<number, number>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), u32);
  }

  get length(): number {
    return this.maxEntries;
  }

  /** Puts an AF_XDP socket at `index`, by the number of its descriptor. `flags`: `BPF_NOEXIST`, `BPF_EXIST`. */
  set(index: number, socket: number, flags?: number): this {
    this.#cells.set(index, checkDescriptor(socket, "a socket"), flags);
    return this;
  }

  /** Takes the socket at `index` out. The kernel doesn't say whether there was one, nor which sockets are in the map. */
  delete(index: number): void {
    this.#cells.delete(index);
  }
}
