import type { Codec } from "../codec.ts";
import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { listedKeys } from "./chunks.ts";
import { checkDescriptor } from "./descriptors.ts";
import { openInner, type InnerMap, type InnerMaps } from "./inner-map.ts";

/** Maps by key: `BPF_MAP_TYPE_HASH_OF_MAPS`. What is put into it must be like its template, `opened.maps.NAME.inner`. */
export class HashOfMaps<K, M extends BpfMap> extends BpfMap {
  readonly #handle: MapHandle;
  readonly #inner: InnerMaps<M>;
  readonly #cells: Cells<K, number>;

  constructor(handle: MapHandle, key: Codec<K>, inner: InnerMaps<M>) {
    super(handle);
    this.#handle = handle;
    this.#inner = inner;
    this.#cells = new Cells(handle, key, u32);
  }

  /** The map at `key`, undefined when there is none. Each call opens a descriptor: close it, or let the skeleton. */
  get(key: K): InnerMap<M> | undefined {
    const id = this.id(key);
    return id === undefined ? undefined : openInner(this.#handle, this.#inner, id);
  }

  /** The kernel's id of the map at `key`, as `bpftool map` shows it; undefined when there is none. */
  id(key: K): number | undefined {
    return this.#cells.get(key);
  }

  has(key: K): boolean {
    return this.#cells.has(key);
  }

  /**
   * Puts a map at `key`: a loaded one, or the number of its descriptor. Throws a {@link KernelError} with errno EINVAL
   * when it is not like the template, with E2BIG when this map is full.
   */
  set(key: K, map: M | number): this {
    this.#cells.set(key, checkDescriptor(typeof map === "number" ? map : map.fd, "a map"));
    return this;
  }

  /** Takes the map at `key` out; false when there was none. */
  delete(key: K): boolean {
    return this.#cells.delete(key);
  }

  /** The keys of all maps that are there now. */
  keys(): K[] {
    return listedKeys(this.#cells.source, this.#cells.keys);
  }
}
