import { Attr, BPF_PROG_TEST_RUN, bpfOrThrow } from "../../src/runtime/sys/bpf.ts";

/** Runs a socket filter once, on an empty Ethernet frame, and returns what it returned. */
export function runOnFrame({ fd }: { readonly fd: number }): number {
  const frame = new Uint8Array(14);
  const attr = new Attr(48).u32(0, fd).u32(8, frame.length).pointer(16, frame);
  bpfOrThrow(BPF_PROG_TEST_RUN, attr, "running a program on a frame");
  return attr.getU32(4);
}
