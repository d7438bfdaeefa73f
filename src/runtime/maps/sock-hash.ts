import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { listedKeys } from "./chunks.ts";
import { cookieOf, socketWire } from "./socket-wire.ts";

/** Sockets by keys of your own, whose data programs redirect and look at: `BPF_MAP_TYPE_SOCKHASH`. */
export class SockHash<K> extends BpfMap {
  declare readonly kind: "sockhash";
  readonly #handle: MapHandle;
  readonly #cells: Cells<K, number, K, bigint>;

  constructor(handle: MapHandle, key: Codec<K>) {
    super(handle);
    this.#handle = handle;
    this.#cells = new Cells(handle, key, socketWire(handle));
  }

  /** Puts a socket at `key`, by the number of its descriptor. `flags`: `BPF_NOEXIST`, `BPF_EXIST`. */
  set(key: K, socket: number, flags?: number): this {
    this.#cells.set(key, socket, flags);
    return this;
  }

  /** The cookie of the socket at `key` (`SO_COOKIE`), of maps with 64-bit values; undefined when there is none. */
  cookie(key: K): bigint | undefined {
    return cookieOf(this.#cells, this.#handle, key);
  }

  /** Takes the socket at `key` out; false when there was none. */
  delete(key: K): boolean {
    return this.#cells.delete(key);
  }

  /** The keys of all sockets that are there now. */
  keys(): K[] {
    return listedKeys(this.#cells.source, this.#cells.keys);
  }
}
