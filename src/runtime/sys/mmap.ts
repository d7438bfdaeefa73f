import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { EPERM, ENODEV, EINVAL } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** What to map. */
export interface MappingOptions {
  /** In bytes; the kernel rounds it up to pages. */
  readonly length: number;
  /** In bytes from the start of the file or map, a multiple of the page size. */
  readonly offset: number;
  readonly writable: boolean;
  /** Changes stay private to this process: what sysfs files want. */
  readonly private?: boolean;
  /** Named in errors: `the data of map "events"`. */
  readonly what: string;
}

/** Maps memory of a BPF map, a perf event or a file into this process. Throws a {@link KernelError}. */
export function mapMemory(fd: Pick<Fd, "number">, options: MappingOptions): Mapping {
  const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const sharing = options.private === true ? MAP_PRIVATE : MAP_SHARED;
  const address = libc().mmap(0, options.length, protection, sharing, fd.number, options.offset);
  if (address < 0) {
    const doing = `mapping ${options.what} into memory`;
    throw new KernelError({ doing, syscall: "mmap", errno: -address, meaning: meanings.get(-address) });
  }
  return new Mapping(address, options);
}

const meanings: ReadonlyMap<number, string> = new Map([
  [EPERM, "the map is frozen, or more memory would be locked than RLIMIT_MEMLOCK allows"],
  [ENODEV, "this kernel can't map it"],
  [EINVAL, "this kernel can't map it, or not with this size and offset"],
]);

/**
 * Mapped memory as bytes.
 *
 * Views of it that are still around after `close` read zeros instead of crashing the process. The memory is returned
 * to the system when the last of them is gone.
 */
export class Mapping {
  readonly what: string;
  readonly #address: number;
  readonly #length: number;
  readonly #writable: boolean;
  #bytes: Uint8Array | undefined;

  /** Takes over the memory at `address`; {@link mapMemory} makes these. */
  constructor(address: number, options: MappingOptions) {
    this.what = options.what;
    this.#address = address;
    this.#length = options.length;
    this.#writable = options.writable;
    // The only view: V8 counts the whole length again for each.
    const buffer = libc().view(address, options.length);
    unmapLater.register(buffer, { address, length: options.length });
    this.#bytes = new Uint8Array(buffer);
  }

  /** The mapped bytes. Throws a `CoreGenError` with code `closed` after `close`. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw new CoreGenError("closed", `${this.what} is closed`);
    return this.#bytes;
  }

  get closed(): boolean {
    return this.#bytes === undefined;
  }

  /** Lets go of the memory; a second call does nothing. */
  close(): void {
    if (this.#bytes === undefined) return;
    this.#bytes = undefined;
    // Unmapping here would make every stale view a SIGSEGV, and Node 20 has no way to detach them. Pages of zeros over
    // it let go of the map at once. If there is no memory for that, the mapping stays until its views are gone.
    const protection = this.#writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    libc().mmap(this.#address, this.#length, protection, flags, -1, 0);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const unmapLater = new FinalizationRegistry<{ address: number; length: number }>(({ address, length }) => {
  libc().munmap(address, length);
});
