import { KernelError } from "../errors.ts";
import { EINVAL } from "../sys/errno.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { indexWire } from "./index-wire.ts";
import { cookieOf, socketWire } from "./socket-wire.ts";

/**
 * Sockets by number: what `BPF_MAP_TYPE_SOCKMAP` and `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY` have in common. Sockets are given
 * by their descriptors, and leave the map when they are closed.
 */
export abstract class SocketArray extends BpfMap {
  readonly #handle: MapHandle;
  readonly #cells: Cells<number, number, number, bigint>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#handle = handle;
    this.#cells = new Cells(handle, indexWire(handle), socketWire(handle));
  }

  get length(): number {
    return this.maxEntries;
  }

  /** Puts a socket at `index`, by the number of its descriptor. `flags`: `BPF_NOEXIST`, `BPF_EXIST`. */
  set(index: number, socket: number, flags?: number): this {
    this.#cells.set(index, socket, flags);
    return this;
  }

  /** The cookie of the socket at `index` (`SO_COOKIE`), of maps with 64-bit values; undefined when there is none. */
  cookie(index: number): bigint | undefined {
    return cookieOf(this.#cells, this.#handle, index);
  }

  /** Takes the socket at `index` out; false when there was none. */
  delete(index: number): boolean {
    try {
      return this.#cells.delete(index);
    } catch (error) {
      // The index is one of the map's: what a sockmap finds wrong is that there is nothing (`__sock_map_delete`).
      if (error instanceof KernelError && error.errno === EINVAL) return false;
      throw error;
    }
  }
}
