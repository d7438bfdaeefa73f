import { Attr, bpf, BPF_OBJ_GET, BPF_OBJ_PIN, bpfOrThrow, type Meanings, bpfFailure } from "./bpf.ts";
import { EACCES, EEXIST, EINVAL, ENOENT, EPERM } from "./errno.ts";
import { Fd } from "./fd.ts";

const ATTR_SIZE = 16;

/** Gives a map, program or link a name in a BPF file system, which keeps it when its descriptors are closed. */
export function pinObject(fd: Fd, path: string): void {
  const attr = new Attr(ATTR_SIZE).text(0, path).u32(8, fd.number);
  bpfOrThrow(BPF_OBJ_PIN, attr, `pinning ${fd.what} at ${path}`, pinMeanings);
}

/** Opens what is pinned at `path`; undefined when nothing is. */
export function openPinned(path: string, what: string): Fd | undefined {
  const result = bpf(BPF_OBJ_GET, new Attr(ATTR_SIZE).text(0, path));
  if (result >= 0) return new Fd(result, what);
  if (result === -ENOENT) return undefined;
  const [errno, doing] = [-result, `opening ${what}, pinned at ${path}`];
  throw bpfFailure({ doing, command: BPF_OBJ_GET, errno, meaning: openMeanings.get(errno) });
}

const pinMeanings: Meanings = new Map([
  [EEXIST, "there is something of that name already"],
  [EPERM, "the name has a dot, or the folder is not in a BPF file system, or this process may not write there"],
  [EINVAL, "the folder is not in a BPF file system"],
  [ENOENT, "the folder does not exist"],
]);

const openMeanings: Meanings = new Map([
  [EACCES, "it is no BPF object, or this process may not open it"],
  [EPERM, "this process may not open it"],
]);
