import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { EEXIST, EINVAL, ENODEV, EPERM } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
/** Linux 4.17; older kernels take it for a hint. */
const MAP_FIXED_NOREPLACE = 0x10_0000;

/** What to map. */
export interface MappingOptions {
  /** In bytes; the kernel rounds it up to pages. */
  readonly length: number;
  /** In bytes from the start of the file or map, a multiple of the page size. */
  readonly offset: number;
  readonly writable: boolean;
  /** Changes stay private to this process: what sysfs files want. */
  readonly private?: boolean;
  /** The one address where it may be; it is an error when something else is there. */
  readonly address?: number;
  /** Which part of it is wanted as bytes, all of it when this is left out. */
  readonly view?: { readonly at: number; readonly length: number };
  /** Named in errors: `the data of map "events"`. */
  readonly what: string;
}

/** Maps memory of a BPF map, a perf event or a file into this process. Throws a {@link KernelError}. */
export function mapMemory(fd: Pick<Fd, "number">, options: MappingOptions): Mapping {
  const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const sharing = options.private === true ? MAP_PRIVATE : MAP_SHARED;
  const place = options.address === undefined ? 0 : placeAt(options.address, options.length);
  const address = libc().mmap(
    options.address ?? 0,
    options.length,
    protection,
    sharing | place,
    fd.number,
    options.offset,
  );
  if (address < 0) {
    const doing = `mapping ${options.what} into memory`;
    throw new KernelError({ doing, syscall: "mmap", errno: -address, meaning: meanings.get(-address) });
  }
  return new Mapping(address, options);
}

/** How to ask for an address: one that this process has mapped before, and closed, may be mapped over. */
function placeAt(address: number, length: number): number {
  const before = closedRegions.get(address);
  if (before?.length !== length) return MAP_FIXED_NOREPLACE;
  before.mappedOver = true;
  closedRegions.delete(address);
  return MAP_FIXED;
}

const meanings: ReadonlyMap<number, string> = new Map([
  [EEXIST, "something else is at the address where it has to be"],
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
  readonly #region: Region;
  readonly #writable: boolean;
  #bytes: Uint8Array | undefined;

  /** Takes over the memory at `address`; {@link mapMemory} makes these. */
  constructor(address: number, options: MappingOptions) {
    this.what = options.what;
    const { length, view = { at: 0, length } } = options;
    this.#region = { address, length, mappedOver: false };
    this.#writable = options.writable;
    // The only view: V8 counts the whole length again for each.
    const buffer = view.length === 0 ? new ArrayBuffer(0) : libc().view(address + view.at, view.length);
    unmapLater.register(buffer, this.#region);
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
    const { address, length } = this.#region;
    libc().mmap(address, length, protection, flags, -1, 0);
    closedRegions.set(address, this.#region);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Region {
  readonly address: number;
  readonly length: number;
  /** Whether another mapping has taken its place: then that one unmaps it. */
  mappedOver: boolean;
}

/** What is closed and not unmapped yet, by address. */
const closedRegions = new Map<number, Region>();

const unmapLater = new FinalizationRegistry<Region>((region) => {
  if (region.mappedOver) return;
  closedRegions.delete(region.address);
  libc().munmap(region.address, region.length);
});
