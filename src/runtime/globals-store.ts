import { CoreGenError } from "../errors.ts";
import type { CloseStack } from "./close-stack.ts";
import type { Codec } from "./codec.ts";
import type { LoadedMap } from "./load/types.ts";
import { hostIsLittleEndian, Memory } from "./memory.ts";
import { encode, storeAtOnce } from "./store-at-once.ts";
import type { Fd } from "./sys/fd.ts";
import { mapLookup, mapUpdate } from "./sys/map-ops.ts";
import { mapMemory, type Mapping } from "./sys/mmap.ts";

/** Where the bytes of a section of global data are. */
export interface GlobalsStore {
  read<T>(codec: Codec<T>, offset: number): T;
  write<T>(codec: Codec<T>, offset: number, value: T): void;
}

/**
 * The store of a section that is loaded. `closing` gets what has to be closed.
 *
 * Constants are frozen: what was loaded is what they are. Other sections are mapped where the kernel can (Linux 5.5).
 */
export function openStore(map: LoadedMap, closing: CloseStack): GlobalsStore {
  const { def, fd, mmapable, constants, arena } = map;
  if (arena !== undefined) return new MappedStore(arena.memory);
  if (constants !== undefined) {
    const store = new ImageStore(constants);
    store.seal("read-only once it is loaded: set it between open() and load()");
    return store;
  }
  if (!mmapable) return new MapStore(fd, def.valueSize);
  const what = `the variables of ${fd.what}`;
  return new MappedStore(closing.add(mapMemory(fd, { length: def.valueSize, offset: 0, writable: true, what })));
}

/** The store of a section whose map was not made: to read a variable is the error of its descriptor. */
export function missingStore(fd: Fd): GlobalsStore {
  return new MapStore(fd, 0);
}

/** The initial contents of a section, which its map gets when it is loaded. */
export class ImageStore implements GlobalsStore {
  #memory: Memory;
  #sealed: string | undefined;

  /** Keeps a copy of `contents`, which have the object's byte order. */
  constructor(contents: Uint8Array, littleEndian: boolean = hostIsLittleEndian) {
    this.#memory = new Memory(new Uint8Array(contents), littleEndian);
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** Zeros are added at the end, or bytes taken away there. */
  resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.#memory = this.#memory.over(bytes);
  }

  /** From now on a write throws a TypeError with this explanation. */
  seal(why: string): void {
    this.#sealed = why;
  }

  read<T>(codec: Codec<T>, offset: number): T {
    return readAt(this.#memory, codec, offset);
  }

  write<T>(codec: Codec<T>, offset: number, value: T): void {
    if (this.#sealed !== undefined) throw new TypeError(this.#sealed);
    this.bytes.set(encode(codec, value, this.#memory), offset);
  }
}

/** A section that is mapped into this process: what programs write is there at once, and without a system call. */
class MappedStore implements GlobalsStore {
  readonly #mapping: Mapping;
  readonly #memory: Memory;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#memory = new Memory(mapping.bytes);
  }

  read<T>(codec: Codec<T>, offset: number): T {
    this.#checkOpen();
    return readAt(this.#memory, codec, offset);
  }

  write<T>(codec: Codec<T>, offset: number, value: T): void {
    this.#checkOpen();
    storeAtOnce(encode(codec, value, this.#memory), this.#memory.bytes, offset);
  }

  #checkOpen(): void {
    if (this.#mapping.closed) throw new CoreGenError("closed", `${this.#mapping.what} is closed`);
  }
}

/** A section that can't be mapped: each access reads the whole section, and a write stores it again. */
class MapStore implements GlobalsStore {
  readonly #fd: Fd;
  readonly #memory: Memory;
  readonly #key: Uint8Array = new Uint8Array(4);

  constructor(fd: Fd, size: number) {
    this.#fd = fd;
    this.#memory = new Memory(new Uint8Array(size));
  }

  read<T>(codec: Codec<T>, offset: number): T {
    mapLookup(this.#fd, this.#key, this.#memory.bytes);
    return readAt(this.#memory, codec, offset);
  }

  write<T>(codec: Codec<T>, offset: number, value: T): void {
    const bytes = encode(codec, value, this.#memory);
    mapLookup(this.#fd, this.#key, this.#memory.bytes);
    this.#memory.bytes.set(bytes, offset);
    mapUpdate(this.#fd, this.#key, this.#memory.bytes);
  }
}

function readAt<T>(memory: Memory, codec: Codec<T>, offset: number): T {
  memory.end = offset + codec.size;
  return codec.read(memory, offset);
}
