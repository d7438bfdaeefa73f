import type { MapTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import type { CloseStack } from "../close-stack.ts";
import { logEvent, type OnLog } from "../load/log-events.ts";
import type { Fd } from "../sys/fd.ts";
import { mapInfo, type MapInfo } from "../sys/map-info.ts";
import { pinAt, unpinAt } from "./pinning.ts";

/** A map in the kernel, as the classes in this folder get it. Whoever made the map closes it. */
export interface MapHandle {
  readonly name: string;
  readonly kind: MapTypeName;
  readonly fd: Fd;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*`. */
  readonly flags?: number;
  /** Whether user space can map it (BPF_F_MMAPABLE). */
  readonly mmapable?: boolean;
  /** Where it is pinned. */
  readonly pinPath?: string | undefined;
  /** What has to end before the descriptor is closed: readers of a ring buffer. */
  readonly readers: CloseStack;
  readonly onLog?: OnLog | undefined;
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
  readonly #onLog: OnLog | undefined;
  #pinPath: string | undefined;

  constructor(handle: MapHandle) {
    this.name = handle.name;
    this.kind = handle.kind;
    this.keySize = handle.keySize;
    this.valueSize = handle.valueSize;
    this.maxEntries = handle.maxEntries;
    this.#fd = handle.fd;
    this.#onLog = handle.onLog;
    this.#pinPath = handle.pinPath;
  }

  /** The descriptor's number, for calls of your own; it stays the skeleton's. Throws with code `closed` after close. */
  get fd(): number {
    return this.#fd.number;
  }

  /** Where the map is pinned: by `load`, or by {@link BpfMap.pin}. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /** What the kernel says about the map. Throws with code `closed` after close. */
  info(): MapInfo {
    return mapInfo(this.#fd);
  }

  /**
   * Pins the map at `path` in a BPF file system: it stays, with what is in it, when the skeleton is closed and when the
   * process ends. Folders that are missing are made, for their owner alone.
   *
   * Throws a `KernelError` with errno EEXIST when something is there already, and a `CoreGenError` with code `bad-input`
   * when the path is not in a BPF file system, or the map is pinned elsewhere.
   */
  pin(path: string): void {
    if (this.#pinPath === path) return;
    if (this.#pinPath !== undefined)
      throw new CoreGenError("bad-input", `pinning map "${this.name}" at ${path}: it is pinned at ${this.#pinPath}`);
    pinAt(this.#fd, path);
    this.#pinPath = path;
    logEvent(this.#onLog, { kind: "map-pinned", map: this.name, path });
  }

  /** Removes the map's pin. The map stays for as long as something holds it. Nothing happens when it is not pinned. */
  unpin(): void {
    const path = this.#pinPath;
    if (path === undefined) return;
    unpinAt(path, `map "${this.name}"`);
    this.#pinPath = undefined;
    logEvent(this.#onLog, { kind: "map-unpinned", map: this.name, path });
  }
}
