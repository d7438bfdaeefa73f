import { hostIsLittleEndian } from "../memory.ts";
import { syscallNumbers } from "./arch.ts";
import {
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_ELEM,
} from "./bpf.ts";
import { ENOENT } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { libc, type Libc } from "./libc.ts";
import { mapFailure } from "./map-failure.ts";

// `struct { map_fd, key, value, flags }` of union bpf_attr at 0, then a key and a value.
const KEY_AT = 64;
/** How much of the attributes a command has: the kernel refuses what is behind its last field, unless it is zero. */
const SIZE_WITH_KEY = 16;
const SIZE_WITH_VALUE = 24;
const SIZE_WITH_FLAGS = 32;

/** Indexes of 32-bit words: the two halves of `flags`. */
const FLAGS_LOW: number = hostIsLittleEndian ? 6 : 7;
const FLAGS_HIGH: number = hostIsLittleEndian ? 7 : 6;

/** What the kernel works on: reachable from here, it can't be collected while it does. */
const running: { call: MapCall | undefined } = { call: undefined };

/**
 * One map's arguments of bpf(): attributes, a key and a value, in memory whose address is taken once. Keys and values
 * are read and written right where the kernel finds them; a call allocates and copies nothing.
 */
export class MapCall {
  /** Attributes, key and value; where {@link keyAt} and {@link valueAt} say. */
  readonly bytes: Uint8Array;
  readonly keyAt: number = KEY_AT;
  readonly valueAt: number;
  readonly #fd: Fd;
  readonly #syscall: Libc["syscall"];
  readonly #bpf: number = syscallNumbers().bpf;
  readonly #address: number;
  readonly #words: Uint32Array;

  /** Sizes are the kernel's: of per-CPU maps, that of all CPUs' values together. */
  constructor(fd: Fd, keySize: number, valueSize: number) {
    const functions = libc();
    this.#fd = fd;
    this.#syscall = functions.syscall;
    this.valueAt = KEY_AT + roundUp(keySize);
    // Keys that follow are written to where values are.
    const buffer = new ArrayBuffer(this.valueAt + roundUp(Math.max(keySize, valueSize)));
    this.bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer, 0, SIZE_WITH_FLAGS / 4);
    this.#address = functions.addressOf(buffer);
    const pointers = new BigUint64Array(buffer, 0, SIZE_WITH_VALUE / 8);
    // Queues have no keys: the kernel wants a null pointer.
    if (keySize > 0) pointers[1] = BigInt(this.#address + KEY_AT);
    pointers[2] = BigInt(this.#address + this.valueAt);
  }

  /** Reads the value of the key; false when there is none. Throws a {@link KernelError} for anything else. */
  lookup(flags: number): boolean {
    return this.#found(BPF_MAP_LOOKUP_ELEM, SIZE_WITH_FLAGS, flags);
  }

  /** Like {@link lookup}, and removes it in the same step. */
  take(flags: number): boolean {
    return this.#found(BPF_MAP_LOOKUP_AND_DELETE_ELEM, SIZE_WITH_FLAGS, flags);
  }

  /** Stores the value. */
  update(flags: number): void {
    const result = this.#call(BPF_MAP_UPDATE_ELEM, SIZE_WITH_FLAGS, flags);
    if (result < 0) throw mapFailure(BPF_MAP_UPDATE_ELEM, this.#fd, -result);
  }

  /** Removes the key; false when it is not there. */
  remove(): boolean {
    return this.#found(BPF_MAP_DELETE_ELEM, SIZE_WITH_KEY, 0);
  }

  /** Writes the key that follows to where the value is; false when there is none. */
  nextKey(): boolean {
    return this.#found(BPF_MAP_GET_NEXT_KEY, SIZE_WITH_VALUE, 0);
  }

  #found(command: number, size: number, flags: number): boolean {
    const result = this.#call(command, size, flags);
    if (result >= 0) return true;
    if (result === -ENOENT) return false;
    throw mapFailure(command, this.#fd, -result);
  }

  /** The result, or minus errno. */
  #call(command: number, size: number, flags: number): number {
    const words = this.#words;
    words[0] = this.#fd.number;
    words[FLAGS_LOW] = flags;
    // BPF_F_CPU has the number of the CPU in the upper half.
    words[FLAGS_HIGH] = flags / 2 ** 32;
    running.call = this;
    return this.#syscall(this.#bpf, command, this.#address, size);
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / 8) * 8;
}
