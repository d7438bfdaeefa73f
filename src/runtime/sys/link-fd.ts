import { readlinkSync } from "node:fs";

/**
 * Whether a descriptor is a BPF link's. No call of bpf() says so for certain: those for links answer EINVAL both to a
 * descriptor of something else and to a link that can't do it. Without /proc it is taken for one.
 */
export function isLink(fd: number): boolean {
  try {
    return /^anon_inode:\[?bpf[-_]link\]?$/u.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
