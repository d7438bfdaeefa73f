import { KernelError } from "../errors.ts";
import { arena, KEY_ROOM, VALUE_ROOM } from "./arena.ts";
import {
  Attr,
  bpf,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_FREEZE,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_ELEM,
  bpfOrThrow,
  commandName,
  type Meanings,
} from "./bpf.ts";
import { E2BIG, EEXIST, ENOENT, ENOSPC, EPERM } from "./errno.ts";
import type { Fd } from "./fd.ts";

/** `flags` of an update: create or replace, only create, only replace. */
export const BPF_ANY = 0;
export const BPF_NOEXIST = 1;
export const BPF_EXIST = 2;

/**
 * Copies the value of `key` into `value`, and says whether there is one.
 *
 * `key` and `value` have exactly the map's sizes; of per-CPU maps, `value` holds one value, rounded up to 8 bytes, for
 * each possible CPU. Throws a {@link KernelError} for anything but a missing key.
 */
export function mapLookup(fd: Fd, key: Uint8Array, value: Uint8Array, flags = 0): boolean {
  return found(BPF_MAP_LOOKUP_ELEM, fd, callCopyingOut(BPF_MAP_LOOKUP_ELEM, fd, key, value, flags));
}

/** Copies the value of `key` into `value` and removes it from the map; false when there is none. */
export function mapLookupAndDelete(fd: Fd, key: Uint8Array, value: Uint8Array, flags = 0): boolean {
  return found(
    BPF_MAP_LOOKUP_AND_DELETE_ELEM,
    fd,
    callCopyingOut(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, flags),
  );
}

/** Stores `value` for `key`. Throws a {@link KernelError}, for a key that `flags` forbids with EEXIST or ENOENT. */
export function mapUpdate(fd: Fd, key: Uint8Array, value: Uint8Array, flags = 0): void {
  const result = update(fd, key, value, flags);
  if (result < 0) fail(BPF_MAP_UPDATE_ELEM, fd, -result);
}

function update(fd: Fd, key: Uint8Array, value: Uint8Array, flags: number): number {
  if (key.length > KEY_ROOM || value.length > VALUE_ROOM) {
    return callDirectly(BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
  }
  const memory = arena();
  memory.prepare(fd, key, true, flags);
  memory.setValue(value);
  return memory.call(BPF_MAP_UPDATE_ELEM);
}

/** Removes `key`; false when there is no such key. */
export function mapDelete(fd: Fd, key: Uint8Array): boolean {
  if (key.length > KEY_ROOM) {
    return found(BPF_MAP_DELETE_ELEM, fd, callDirectly(BPF_MAP_DELETE_ELEM, fd, key, NOTHING, 0));
  }
  const memory = arena();
  memory.prepare(fd, key, false, 0);
  return found(BPF_MAP_DELETE_ELEM, fd, memory.call(BPF_MAP_DELETE_ELEM));
}

/** Copies the key after `key` into `next`, the first one for undefined; false at the end. */
export function mapNextKey(fd: Fd, key: Uint8Array | undefined, next: Uint8Array): boolean {
  const result = callCopyingOut(BPF_MAP_GET_NEXT_KEY, fd, key ?? NOTHING, next, 0);
  return found(BPF_MAP_GET_NEXT_KEY, fd, result);
}

/**
 * Copies up to `count` entries, beginning where `inBatch` says, into `keys` and `values`, one after another.
 *
 * `outBatch` receives where to go on: give it as `inBatch` to the next call. Both are as long as a key, and at least 4
 * bytes. `done` says that the end was reached; `count` entries are valid then too. Throws a {@link KernelError}: with
 * ENOSPC when a hash bucket has more than `count` entries (ask for more), with EINVAL or ENOTSUPP when the kernel has
 * no such operation for this kind of map (hash maps since Linux 5.6, per-CPU arrays since 5.13).
 */
export function mapLookupBatch(
  fd: Fd,
  inBatch: Uint8Array | undefined,
  outBatch: Uint8Array,
  keys: Uint8Array,
  values: Uint8Array,
  count: number,
): { count: number; done: boolean } {
  const attr = new Attr(56)
    .pointer(0, inBatch ?? NOTHING)
    .pointer(8, outBatch)
    .pointer(16, keys)
    .pointer(24, values)
    .u32(32, count)
    .u32(36, fd.number);
  const result = bpf(BPF_MAP_LOOKUP_BATCH, attr);
  // At the end of the map there is an error, and what was left is copied all the same.
  if (result < 0 && result !== -ENOENT) fail(BPF_MAP_LOOKUP_BATCH, fd, -result);
  return { count: attr.getU32(32), done: result < 0 };
}

/** Makes a map read-only for user space, for good. */
export function mapFreeze(fd: Fd): void {
  bpfOrThrow(BPF_MAP_FREEZE, new Attr(4).u32(0, fd.number), `freezing ${fd.what}`);
}

const NOTHING: Uint8Array = new Uint8Array();

/** A call of which the kernel writes the value. */
function callCopyingOut(command: number, fd: Fd, key: Uint8Array, value: Uint8Array, flags: number): number {
  if (key.length > KEY_ROOM || value.length > VALUE_ROOM) return callDirectly(command, fd, key, value, flags);
  const memory = arena();
  memory.prepare(fd, key, true, flags);
  const result = memory.call(command);
  if (result >= 0) memory.getValue(value);
  return result;
}

/** Keys and values that don't fit the arena: the kernel gets the caller's own buffers, for the time of the call. */
function callDirectly(command: number, fd: Fd, key: Uint8Array, value: Uint8Array, flags: number): number {
  const attr = new Attr(32).u32(0, fd.number).pointer(8, key).pointer(16, value).u64(24, BigInt(flags));
  return bpf(command, attr);
}

function found(command: number, fd: Fd, result: number): boolean {
  if (result >= 0) return true;
  if (result === -ENOENT) return false;
  return fail(command, fd, -result);
}

const actions: ReadonlyMap<number, string> = new Map([
  [BPF_MAP_LOOKUP_ELEM, "reading an element of"],
  [BPF_MAP_UPDATE_ELEM, "updating an element of"],
  [BPF_MAP_DELETE_ELEM, "deleting an element of"],
  [BPF_MAP_GET_NEXT_KEY, "listing the keys of"],
  [BPF_MAP_LOOKUP_AND_DELETE_ELEM, "taking an element out of"],
  [BPF_MAP_LOOKUP_BATCH, "reading elements of"],
]);

const meanings: Meanings = new Map([
  [E2BIG, "the map is full, or the index is past its last entry"],
  [EEXIST, "the key is there already"],
  [ENOENT, "there is no such key"],
  [ENOSPC, "the buffer is too small for the entries that must be read together"],
  [EPERM, "the map is frozen, or not accessible to user space"],
]);

function fail(command: number, fd: Fd, errno: number): never {
  const doing = `${actions.get(command) ?? "using"} ${fd.what}`;
  throw new KernelError({ doing, syscall: "bpf", command: commandName(command), errno, meaning: meanings.get(errno) });
}
