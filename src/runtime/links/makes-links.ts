import { Attr, bpf, BPF_LINK_CREATE } from "../sys/bpf.ts";
import { EBADF } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";

/**
 * Whether this kernel attaches the program by links: asked with a target that can't be, which it looks at last (libbpf:
 * `probe_perf_link`). One that doesn't know such links answers EINVAL.
 */
export function kernelMakesLinks(program: Fd, attachType: number): boolean {
  const noTarget = 0xffff_ffff;
  return bpf(BPF_LINK_CREATE, new Attr(16).u32(0, program.number).u32(4, noTarget).u32(8, attachType)) === -EBADF;
}
