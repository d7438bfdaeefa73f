import { hostIsLittleEndian } from "../memory.ts";
import { Attr, BPF_OBJ_GET_INFO_BY_FD, bpfOrThrow } from "./bpf.ts";

/** What the kernel says about a program: `struct bpf_prog_info`. */
export interface ProgramInfo {
  /** `BPF_PROG_TYPE_*`. */
  readonly type: number;
  readonly id: number;
  /** Bytes of machine code; 0 where the program is interpreted. */
  readonly jitedSize: number;
  /** Bytes of BPF code after the verifier has rewritten it. */
  readonly xlatedSize: number;
  /** Instructions that the verifier walked through (Linux 5.16); 0 on older kernels. */
  readonly verifiedInsns: number;
}

/** Up to `verified_insns`. */
const INFO_SIZE = 224;
const VERIFIED_INSNS_AT = 216;

/** Asks the kernel about a program. Throws a `KernelError`. */
export function programInfo(fd: number, what: string): ProgramInfo {
  const info = new Uint8Array(INFO_SIZE);
  const attr = new Attr(16).u32(0, fd).u32(4, INFO_SIZE).pointer(8, info);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, attr, `asking about ${what}`);
  const view = new DataView(info.buffer);
  const u32 = (at: number): number => view.getUint32(at, hostIsLittleEndian);
  return { type: u32(0), id: u32(4), jitedSize: u32(16), xlatedSize: u32(20), verifiedInsns: u32(VERIFIED_INSNS_AT) };
}
