import { KernelError, type KernelFailure } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { syscallNumbers } from "./arch.ts";
import { EAGAIN } from "./errno.ts";
import { libc } from "./libc.ts";

export const BPF_MAP_CREATE = 0;
export const BPF_MAP_LOOKUP_ELEM = 1;
export const BPF_MAP_UPDATE_ELEM = 2;
export const BPF_MAP_DELETE_ELEM = 3;
export const BPF_MAP_GET_NEXT_KEY = 4;
export const BPF_PROG_LOAD = 5;
export const BPF_OBJ_PIN = 6;
export const BPF_OBJ_GET = 7;
export const BPF_PROG_ATTACH = 8;
export const BPF_PROG_DETACH = 9;
export const BPF_PROG_TEST_RUN = 10;
const BPF_PROG_GET_FD_BY_ID = 13;
export const BPF_MAP_GET_FD_BY_ID = 14;
export const BPF_OBJ_GET_INFO_BY_FD = 15;
export const BPF_PROG_QUERY = 16;
export const BPF_RAW_TRACEPOINT_OPEN = 17;
export const BPF_BTF_LOAD = 18;
export const BPF_BTF_GET_FD_BY_ID = 19;
export const BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21;
export const BPF_MAP_FREEZE = 22;
export const BPF_BTF_GET_NEXT_ID = 23;
export const BPF_MAP_LOOKUP_BATCH = 24;
export const BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25;
export const BPF_MAP_UPDATE_BATCH = 26;
export const BPF_MAP_DELETE_BATCH = 27;
export const BPF_LINK_CREATE = 28;
export const BPF_LINK_UPDATE = 29;
export const BPF_ENABLE_STATS = 32;
export const BPF_LINK_DETACH = 34;
export const BPF_ITER_CREATE = 33;
export const BPF_PROG_BIND_MAP = 35;
export const BPF_TOKEN_CREATE = 36;
export const BPF_PROG_STREAM_READ_BY_FD = 37;

/** Of map_flags, prog_flags and btf_flags: the attributes have the descriptor of a BPF token (Linux 6.9). */
export const BPF_F_TOKEN_FD: number = 1 << 16;

/** The names of the commands above, for errors. */
const commandNames: ReadonlyMap<number, string> = new Map([
  [BPF_MAP_CREATE, "BPF_MAP_CREATE"],
  [BPF_MAP_LOOKUP_ELEM, "BPF_MAP_LOOKUP_ELEM"],
  [BPF_MAP_UPDATE_ELEM, "BPF_MAP_UPDATE_ELEM"],
  [BPF_MAP_DELETE_ELEM, "BPF_MAP_DELETE_ELEM"],
  [BPF_MAP_GET_NEXT_KEY, "BPF_MAP_GET_NEXT_KEY"],
  [BPF_PROG_LOAD, "BPF_PROG_LOAD"],
  [BPF_OBJ_PIN, "BPF_OBJ_PIN"],
  [BPF_OBJ_GET, "BPF_OBJ_GET"],
  [BPF_PROG_ATTACH, "BPF_PROG_ATTACH"],
  [BPF_PROG_DETACH, "BPF_PROG_DETACH"],
  [BPF_PROG_TEST_RUN, "BPF_PROG_TEST_RUN"],
  [BPF_PROG_GET_FD_BY_ID, "BPF_PROG_GET_FD_BY_ID"],
  [BPF_MAP_GET_FD_BY_ID, "BPF_MAP_GET_FD_BY_ID"],
  [BPF_OBJ_GET_INFO_BY_FD, "BPF_OBJ_GET_INFO_BY_FD"],
  [BPF_PROG_QUERY, "BPF_PROG_QUERY"],
  [BPF_RAW_TRACEPOINT_OPEN, "BPF_RAW_TRACEPOINT_OPEN"],
  [BPF_BTF_LOAD, "BPF_BTF_LOAD"],
  [BPF_BTF_GET_FD_BY_ID, "BPF_BTF_GET_FD_BY_ID"],
  [BPF_MAP_LOOKUP_AND_DELETE_ELEM, "BPF_MAP_LOOKUP_AND_DELETE_ELEM"],
  [BPF_MAP_FREEZE, "BPF_MAP_FREEZE"],
  [BPF_BTF_GET_NEXT_ID, "BPF_BTF_GET_NEXT_ID"],
  [BPF_MAP_LOOKUP_BATCH, "BPF_MAP_LOOKUP_BATCH"],
  [BPF_MAP_LOOKUP_AND_DELETE_BATCH, "BPF_MAP_LOOKUP_AND_DELETE_BATCH"],
  [BPF_MAP_UPDATE_BATCH, "BPF_MAP_UPDATE_BATCH"],
  [BPF_MAP_DELETE_BATCH, "BPF_MAP_DELETE_BATCH"],
  [BPF_LINK_CREATE, "BPF_LINK_CREATE"],
  [BPF_LINK_UPDATE, "BPF_LINK_UPDATE"],
  [BPF_ENABLE_STATS, "BPF_ENABLE_STATS"],
  [BPF_LINK_DETACH, "BPF_LINK_DETACH"],
  [BPF_ITER_CREATE, "BPF_ITER_CREATE"],
  [BPF_PROG_BIND_MAP, "BPF_PROG_BIND_MAP"],
  [BPF_TOKEN_CREATE, "BPF_TOKEN_CREATE"],
  [BPF_PROG_STREAM_READ_BY_FD, "BPF_PROG_STREAM_READ_BY_FD"],
]);

export function commandName(command: number): string {
  return commandNames.get(command) ?? `command ${command}`;
}

/**
 * The argument of one bpf() call, `union bpf_attr`: fields by their offset in linux/bpf.h.
 *
 * Buffers that fields point to stay referenced by this object, so it must be kept until the call is over, which
 * {@link bpf} does.
 */
export class Attr {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #referenced: Uint8Array[] = [];

  /** `size` in bytes: up to the end of the last field that is set, so that old kernels know all of it. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, hostIsLittleEndian);
    return this;
  }

  u64(at: number, value: bigint): this {
    this.#view.setBigUint64(at, value, hostIsLittleEndian);
    return this;
  }

  /** The address of `buffer`; 0 for an empty one. */
  pointer(at: number, buffer: Uint8Array): this {
    this.#referenced.push(buffer);
    return this.u64(at, buffer.length === 0 ? 0n : BigInt(libc().addressOf(buffer)));
  }

  /** The address of the NUL-terminated `text`. */
  text(at: number, text: string): this {
    return this.pointer(at, Buffer.from(`${text}\0`));
  }

  /** The address of an array with the addresses of the NUL-terminated `texts`. */
  texts(at: number, texts: readonly string[]): this {
    const all = texts.map((text) => Buffer.from(`${text}\0`));
    this.#referenced.push(...all);
    return this.u64s(
      at,
      all.map((text) => BigInt(libc().addressOf(text))),
    );
  }

  /** The address of an array of 64-bit numbers; 0 for an empty one. */
  u64s(at: number, values: readonly bigint[]): this {
    return this.pointer(at, new Uint8Array(BigUint64Array.from(values).buffer));
  }

  /** The address of an array of 32-bit numbers; 0 for an empty one. */
  u32s(at: number, values: readonly number[]): this {
    return this.pointer(at, new Uint8Array(Uint32Array.from(values).buffer));
  }

  /** `text` itself, in a field of `size` bytes that ends with a NUL: an object's name. */
  name(at: number, text: string, size = 16): this {
    this.bytes.set(Buffer.from(text).subarray(0, size - 1), at);
    return this;
  }

  /** Reads a field, after the kernel may have written it. */
  getU32(at: number): number {
    return this.#view.getUint32(at, hostIsLittleEndian);
  }

  getU64(at: number): bigint {
    return this.#view.getBigUint64(at, hostIsLittleEndian);
  }
}

/** libbpf's `PROG_LOAD_ATTEMPTS`: the verifier gives up with EAGAIN when a signal is pending. */
const ATTEMPTS = 5;

/** What the call that is running works on: reachable from here, it cannot be collected during the call. */
const running: { owner: object | undefined } = { owner: undefined };

/** Makes a system call with the address of `bytes`, and keeps `owner`, what the bytes refer to, alive until it returns. */
export function withAddress(bytes: Uint8Array, call: (address: number) => number, owner: object = bytes): number {
  running.owner = owner;
  try {
    return call(libc().addressOf(bytes));
  } finally {
    running.owner = undefined;
  }
}

/** Runs bpf(`command`) and returns its result, or minus errno. What the kernel writes into the attributes is there after. */
export function bpf(command: number, attr: Attr): number {
  const number = syscallNumbers().bpf;
  const attempt = (address: number): number => libc().syscall(number, command, address, attr.bytes.length);
  const untilNotInterrupted = (address: number): number => {
    let result = attempt(address);
    for (let attempts = 1; result === -EAGAIN && attempts < ATTEMPTS; attempts++) result = attempt(address);
    return result;
  };
  return withAddress(attr.bytes, untilNotInterrupted, attr);
}

/** What error numbers mean for one command, where that is more than their general meaning. */
export type Meanings = ReadonlyMap<number, string>;

/** Like {@link bpf}, and throws a {@link KernelError} if the kernel refuses. `doing` says what this is for. */
export function bpfOrThrow(command: number, attr: Attr, doing: string, meaning?: Meanings): number {
  const result = bpf(command, attr);
  if (result >= 0) return result;
  throw bpfFailure({ doing, command, errno: -result, meaning: meaning?.get(-result) });
}

/** A call of bpf() that the kernel refused. */
export interface BpfFailure extends Omit<KernelFailure, "syscall" | "command"> {
  /** `BPF_MAP_CREATE` and so on. */
  readonly command: number;
}

/** The error of a call of bpf() that has returned minus `errno`. */
export function bpfFailure({ command, ...facts }: BpfFailure): KernelError {
  return new KernelError({ ...facts, syscall: "bpf", command: commandName(command) });
}
