import { Attr, BPF_OBJ_PIN, bpfOrThrow, type Meanings } from "./bpf.ts";
import { EEXIST, EINVAL, ENOENT, EPERM } from "./errno.ts";
import type { Fd } from "./fd.ts";

const ATTR_SIZE = 16;

/** Gives a map, program or link a name in a BPF file system, which keeps it when its descriptors are closed. */
export function pinObject(fd: Fd, path: string): void {
  const attr = new Attr(ATTR_SIZE).text(0, path).u32(8, fd.number);
  bpfOrThrow(BPF_OBJ_PIN, attr, `pinning ${fd.what} at ${path}`, pinMeanings);
}

const pinMeanings: Meanings = new Map([
  [EEXIST, "there is something of that name already"],
  [EPERM, "the name has a dot, or the folder is not in a BPF file system, or this process may not write there"],
  [EINVAL, "the folder is not in a BPF file system"],
  [ENOENT, "the folder does not exist"],
]);
