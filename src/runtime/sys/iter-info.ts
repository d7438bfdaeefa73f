import { hostIsLittleEndian } from "../memory.ts";
import { Attr, BPF_OBJ_GET_INFO_BY_FD, bpfOrThrow } from "./bpf.ts";
import type { Fd } from "./fd.ts";

/** What the kernel says about the link of an iterator: the part of `struct bpf_link_info` that iterators have. */
export interface IterInfo {
  /** What it goes over: "task", "bpf_map_elem". */
  readonly target: string;
  /** Of an iterator over tasks: the thread or process that it goes over, 0 for all. Kernels before 6.1 leave it 0. */
  readonly task: number;
}

const INFO_SIZE = 48;
const LONGEST_TARGET = 64;

/** Asks the kernel about the link of an iterator (Linux 5.10). Throws a {@link KernelError}. */
export function iterInfo(link: Fd): IterInfo {
  const name = new Uint8Array(LONGEST_TARGET);
  const info = new Attr(INFO_SIZE).pointer(16, name).u32(24, name.length);
  const attr = new Attr(16).u32(0, link.number).u32(4, INFO_SIZE).pointer(8, info.bytes);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, attr, `asking about ${link.what}`);
  const view = new DataView(info.bytes.buffer);
  return {
    target: new TextDecoder().decode(name.subarray(0, Math.max(0, name.indexOf(0)))),
    // struct { u32 tid, pid } task: one of them is set.
    task: view.getUint32(32, hostIsLittleEndian) || view.getUint32(36, hostIsLittleEndian),
  };
}
