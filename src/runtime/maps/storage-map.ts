import type { Codec } from "../codec.ts";
import { i32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";

/**
 * A value that the kernel keeps with something of its own, and that goes when that goes: what the storage of tasks,
 * sockets, inodes and control groups have in common. User space names these things by descriptors, and can't list them.
 */
export abstract class StorageMap<K, V> extends BpfMap {
  readonly #cells: Cells<number, V>;

  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.#cells = new Cells(handle, i32, value);
  }

  /** Calls `use` with the descriptor of what the storage belongs to. */
  protected abstract withOwner<T>(owner: K, use: (fd: number) => T): T;

  /** The value that is kept with `owner`, undefined when there is none. */
  get(owner: K, flags?: number): V | undefined {
    return this.withOwner(owner, (fd) => this.#cells.get(fd, flags));
  }

  has(owner: K): boolean {
    return this.withOwner(owner, (fd) => this.#cells.has(fd));
  }

  /** Keeps a value with `owner`. `flags`: `BPF_NOEXIST`, `BPF_EXIST`, `BPF_F_LOCK`. */
  set(owner: K, value: V, flags?: number): this {
    this.withOwner(owner, (fd) => {
      this.#cells.set(fd, value, flags);
    });
    return this;
  }

  /** Removes the value that is kept with `owner`; false when there was none. */
  delete(owner: K): boolean {
    return this.withOwner(owner, (fd) => this.#cells.delete(fd));
  }
}
