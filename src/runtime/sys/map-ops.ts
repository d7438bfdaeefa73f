import { arena, KEY_ROOM, VALUE_ROOM } from "./arena.ts";
import {
  Attr,
  bpf,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_FREEZE,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_ELEM,
  bpfOrThrow,
} from "./bpf.ts";
import { ENOENT } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { mapFailure } from "./map-failure.ts";

/** `flags` of an update: creates an entry or replaces it. */
export const BPF_ANY = 0;
/** `flags` of an update: only creates. */
export const BPF_NOEXIST = 1;
/** `flags` of an update: only replaces. Of a queue or stack that is full, it drops the oldest element. */
export const BPF_EXIST = 2;
/** `flags` of a lookup or update: holds the value's `bpf_spin_lock` meanwhile. */
export const BPF_F_LOCK = 4;

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
  if (result < 0) throw mapFailure(BPF_MAP_UPDATE_ELEM, fd, -result);
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
  throw mapFailure(command, fd, -result);
}
