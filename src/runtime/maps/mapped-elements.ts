import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import { encode, storeAtOnce } from "../store-at-once.ts";
import { mapMemory, type Mapping } from "../sys/mmap.ts";
import { withPlace } from "../value-checks.ts";
import type { MapHandle } from "./bpf-map.ts";

/** The elements of an array in this process's memory (BPF_F_MMAPABLE): no access is a system call. */
export class MappedElements<V> {
  readonly #value: Codec<V>;
  readonly #mapping: Mapping;
  readonly #memory: Memory;
  readonly #stride: number;
  readonly #what: string;

  /** Maps all of the array. Its readers close the mapping. Throws a {@link KernelError} when the kernel refuses. */
  constructor(handle: MapHandle, value: Codec<V>) {
    const { fd, maxEntries, readers } = handle;
    this.#value = value;
    this.#what = fd.what;
    // As the kernel lays them out (`array_map_alloc`).
    this.#stride = Math.ceil(value.size / 8) * 8;
    const length = this.#stride * maxEntries;
    this.#mapping = readers.add(mapMemory(fd, { length, offset: 0, writable: true, what: fd.what }));
    this.#memory = new Memory(this.#mapping.bytes);
  }

  /** The element at `index`, which must be one of the array's. */
  get(index: number): V {
    this.#checkOpen();
    const at = index * this.#stride;
    this.#memory.end = at + this.#value.size;
    return this.#value.read(this.#memory, at);
  }

  set(index: number, value: V): void {
    this.#checkOpen();
    storeAtOnce(this.#encode(value), this.#memory.bytes, index * this.#stride);
  }

  #encode(value: V): Uint8Array {
    try {
      return encode(this.#value, value, this.#memory);
    } catch (error) {
      throw withPlace(error, `value of ${this.#what}`);
    }
  }

  #checkOpen(): void {
    if (this.#mapping.closed) throw new CoreGenError("closed", `${this.#what} is closed`);
  }
}
