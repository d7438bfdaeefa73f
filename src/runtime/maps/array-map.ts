import type { Codec } from "../codec.ts";
import { KernelError } from "../errors.ts";
import type { MapHandle } from "./bpf-map.ts";
import { IndexedMap } from "./indexed-map.ts";
import { MappedElements } from "./mapped-elements.ts";

/**
 * An array: `BPF_MAP_TYPE_ARRAY`.
 *
 * One with `BPF_F_MMAPABLE` is mapped into this process at its first use: reading and writing it is no system call
 * then, and programs and app see each other's values at once. Of any other, every call is one.
 *
 * @example
 * const [reads, writes] = skel.maps.counters;
 * skel.maps.limits.set(0, 1000n);
 */
export class ArrayMap<V> extends IndexedMap<V> {
  readonly #handle: MapHandle;
  readonly #value: Codec<V>;
  /** Undefined as long as nobody has asked, null for an array that can't be mapped. */
  #mapped: MappedElements<V> | null | undefined;

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle, value);
    this.#handle = handle;
    this.#value = value;
  }

  protected override get mapped(): MappedElements<V> | undefined {
    if (this.#mapped === undefined) this.#mapped = this.#map();
    return this.#mapped ?? undefined;
  }

  #map(): MappedElements<V> | null {
    if (this.#handle.mmapable !== true) return null;
    try {
      return new MappedElements(this.#handle, this.#value);
    } catch (error) {
      // Frozen, or not writable for user space: system calls say what may be done.
      if (error instanceof KernelError) return null;
      throw error;
    }
  }
}
