import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { checkDescriptor } from "./descriptors.ts";
import { indexWire } from "./index-wire.ts";
import { openInner, type InnerMap, type InnerMaps } from "./inner-map.ts";

/**
 * Maps by number: `BPF_MAP_TYPE_ARRAY_OF_MAPS`. What is put into it must be like its template, `opened.maps.NAME.inner`.
 *
 * @example
 * using counts = skel.maps.counts_by_cpu.get(3);
 * counts?.get(process.pid);
 */
export class ArrayOfMaps<M extends BpfMap> extends BpfMap {
  readonly #handle: MapHandle;
  readonly #inner: InnerMaps<M>;
  readonly #cells: Cells<number, number>;

  constructor(handle: MapHandle, inner: InnerMaps<M>) {
    super(handle);
    this.#handle = handle;
    this.#inner = inner;
    this.#cells = new Cells(handle, indexWire(handle), u32);
  }

  get length(): number {
    return this.maxEntries;
  }

  /** The map at `index`, undefined when there is none. Each call opens a descriptor: close it, or let the skeleton. */
  get(index: number): InnerMap<M> | undefined {
    const id = this.id(index);
    return id === undefined ? undefined : openInner(this.#handle, this.#inner, id);
  }

  /** The kernel's id of the map at `index`, as `bpftool map` shows it; undefined when there is none. */
  id(index: number): number | undefined {
    return this.#cells.get(index);
  }

  /**
   * Puts a map at `index`: a loaded one, or the number of its descriptor. Throws a {@link KernelError} with errno EINVAL
   * when it is not like the template.
   */
  set(index: number, map: M | number): this {
    this.#cells.set(index, checkDescriptor(typeof map === "number" ? map : map.fd, "a map"));
    return this;
  }

  /** Takes the map at `index` out; false when there was none. */
  delete(index: number): boolean {
    return this.#cells.delete(index);
  }
}
