import { Memory } from "../memory.ts";
import { Attr, BPF_OBJ_GET_INFO_BY_FD, bpfOrThrow } from "../sys/bpf.ts";

/** A buffer that the kernel is to fill, and where its address and its size or count go in the request. */
export interface InfoBuffer {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly size?: readonly [at: number, value: number];
}

/** `struct bpf_link_info` as the kernel fills it; with buffers, those too. */
export type AskAboutLink = (buffers?: readonly InfoBuffer[]) => Memory;

/** Up to the end of the longest details. An older kernel's struct is shorter, and takes the rest as long as it is zero. */
const INFO_SIZE = 64;
/** The longest path or name that the kernel gives, its NUL included: PATH_MAX. */
const TEXT_SIZE = 4096;

/** Throws a `KernelError`. */
export function askAboutLink(fd: number, what: string, buffers: readonly InfoBuffer[]): Memory {
  const info = new Attr(INFO_SIZE);
  for (const { at, bytes, size } of buffers) {
    info.pointer(at, bytes);
    if (size !== undefined) info.u32(size[0], size[1]);
  }
  const attr = new Attr(16).u32(0, fd).u32(4, INFO_SIZE).pointer(8, info.bytes);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, attr, `asking about the link of ${what}`);
  return new Memory(info.bytes);
}

/** Asks again, for the text of which the pointer is at `at`, and its size at `sizeAt`. */
export function askForText(ask: AskAboutLink, at: number, sizeAt: number): string {
  const bytes = new Uint8Array(TEXT_SIZE);
  ask([{ at, bytes, size: [sizeAt, TEXT_SIZE] }]);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
