import { KernelError } from "../errors.ts";
import {
  BPF_MAP_DELETE_BATCH,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_BATCH,
  BPF_MAP_UPDATE_ELEM,
  type Meanings,
  bpfFailure,
} from "./bpf.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EOPNOTSUPP, EPERM } from "./errno.ts";
import type { Fd } from "./fd.ts";

const actions: ReadonlyMap<number, string> = new Map([
  [BPF_MAP_LOOKUP_ELEM, "reading an element of"],
  [BPF_MAP_UPDATE_ELEM, "updating an element of"],
  [BPF_MAP_DELETE_ELEM, "deleting an element of"],
  [BPF_MAP_GET_NEXT_KEY, "listing the keys of"],
  [BPF_MAP_LOOKUP_AND_DELETE_ELEM, "taking an element out of"],
  [BPF_MAP_LOOKUP_BATCH, "reading elements of"],
  [BPF_MAP_LOOKUP_AND_DELETE_BATCH, "taking elements out of"],
  [BPF_MAP_UPDATE_BATCH, "updating elements of"],
  [BPF_MAP_DELETE_BATCH, "deleting elements of"],
]);

const meanings: Meanings = new Map([
  [E2BIG, "the map is full, or the index is past its last entry"],
  [EEXIST, "the key is there already"],
  [ENOENT, "there is no such key"],
  [ENOSPC, "the buffer is too small for the entries that must be read together"],
  [EPERM, "the map is frozen, or not accessible to user space"],
]);

/** The error of an operation on a map that the kernel refused. */
export function mapFailure(command: number, fd: Fd, errno: number): KernelError {
  const doing = `${actions.get(command) ?? "using"} ${fd.what}`;
  return bpfFailure({
    doing,
    command: command,
    errno,
    meaning: meanings.get(errno),
  });
}

/** Whether the kernel has no such operation, or not for this kind of map. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof KernelError && isUnsupportedErrno(error.errno);
}

export function isUnsupportedErrno(errno: number): boolean {
  return errno === EINVAL || errno === EOPNOTSUPP || errno === ENOTSUPP;
}
