import type { MapTypeName } from "../../object/bpf-enums.ts";
import type { CloseStack } from "../close-stack.ts";
import type { Fd } from "../sys/fd.ts";

/** A map in the kernel, as the classes in this folder get it. Whoever made the map closes it. */
export interface MapHandle {
  readonly name: string;
  readonly kind: MapTypeName;
  readonly fd: Fd;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** What has to end before the descriptor is closed: readers of a ring buffer. */
  readonly readers: CloseStack;
}

/**
 * A map of a loaded object: the facts that all kinds have in common.
 *
 * Its skeleton owns it: after the skeleton's `close()` everything that would talk to the kernel throws a
 * `CoreGenError` with code `closed`.
 */
export class BpfMap {
  /** The map's C name. */
  readonly name: string;
  /** The kernel's `BPF_MAP_TYPE_*`: "hash", "lru_hash", "ringbuf". */
  readonly kind: MapTypeName;
  /** In bytes, 0 for kinds without keys. */
  readonly keySize: number;
  /** In bytes, of one CPU's value; 0 for kinds without values. */
  readonly valueSize: number;
  /** Of a ring buffer: its size in bytes. */
  readonly maxEntries: number;
  readonly #fd: Fd;

  constructor(handle: MapHandle) {
    this.name = handle.name;
    this.kind = handle.kind;
    this.keySize = handle.keySize;
    this.valueSize = handle.valueSize;
    this.maxEntries = handle.maxEntries;
    this.#fd = handle.fd;
  }

  /** The descriptor's number, for calls of your own; it stays the skeleton's. Throws with code `closed` after close. */
  get fd(): number {
    return this.#fd.number;
  }
}
