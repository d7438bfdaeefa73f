import { Attr, BPF_OBJ_GET_INFO_BY_FD, bpfOrThrow } from "./bpf.ts";
import type { Fd } from "./fd.ts";
import { hostIsLittleEndian } from "../memory.ts";

/** What the kernel says about a map: `struct bpf_map_info`. */
export interface MapInfo {
  /** `BPF_MAP_TYPE_*`. */
  readonly type: number;
  readonly id: number;
  /** In bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly mapExtra: bigint;
}

/** Up to `map_extra`, which came with Linux 5.16: it stays 0 on older kernels. */
const INFO_SIZE = 88;
const NAME_AT = 24;
const NAME_END = 40;

/** Asks the kernel about a map. Throws a {@link KernelError}: EINVAL for a descriptor that is not a map's. */
export function mapInfo(fd: Fd): MapInfo {
  const info = new Uint8Array(INFO_SIZE);
  const attr = new Attr(16).u32(0, fd.number).u32(4, INFO_SIZE).pointer(8, info);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, attr, `asking about ${fd.what}`);
  const view = new DataView(info.buffer);
  const u32 = (at: number): number => view.getUint32(at, hostIsLittleEndian);
  const name = info.subarray(NAME_AT, NAME_END);
  return {
    type: u32(0),
    id: u32(4),
    keySize: u32(8),
    valueSize: u32(12),
    maxEntries: u32(16),
    flags: u32(20),
    name: new TextDecoder().decode(name.subarray(0, name.indexOf(0))),
    mapExtra: view.getBigUint64(80, hostIsLittleEndian),
  };
}
