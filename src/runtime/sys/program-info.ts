import { programTypes, type ProgramTypeName } from "../../object/bpf-enums.ts";
import { Memory } from "../memory.ts";
import { Attr, BPF_OBJ_GET_INFO_BY_FD, bpfOrThrow } from "./bpf.ts";

/** What the kernel says about a program, `struct bpf_prog_info`. What an old kernel does not tell yet is 0 or empty. */
export interface ProgramInfo {
  readonly id: number;
  /** `BPF_PROG_TYPE_*`; "unspec" for one that is younger than this version of core-gen. */
  readonly type: ProgramTypeName;
  /** At most 15 characters of its C name. */
  readonly name: string;
  /** A hash over its instructions, 16 hexadecimal digits. */
  readonly tag: string;
  /** Whether its licence lets it call helpers that are for GPL programs only. */
  readonly gplCompatible: boolean;
  /** Bytes of machine code; 0 where the program is interpreted. */
  readonly jitedSize: number;
  /** Bytes of BPF code after the verifier has rewritten it. */
  readonly xlatedSize: number;
  /** The ids of the maps that it uses. */
  readonly mapIds: readonly number[];
  /** The id of its types; 0 when it was loaded without. */
  readonly btfId: number;
  /** What it was loaded to attach to: the id of the BTF, and of the type in there (Linux 5.17); 0 for most types. */
  readonly attachBtfObjectId: number;
  readonly attachBtfId: number;
  /** When it was loaded, in nanoseconds since the machine was booted, time asleep included (CLOCK_BOOTTIME). */
  readonly loadTime: bigint;
  /** The user who loaded it. */
  readonly createdByUid: number;
  /** How long it ran in all, in nanoseconds, and how often, while statistics were on: see `enableStatistics`. */
  readonly runTime: bigint;
  readonly runCount: bigint;
  /** How often it did not run because it was running already on the same CPU (Linux 5.12). */
  readonly recursionMisses: bigint;
  /** Instructions that the verifier walked through (Linux 5.16). */
  readonly verifiedInsns: number;
}

const INFO_SIZE = 232;

/** Asks the kernel about a program (kernel: `bpf_prog_get_info_by_fd`). Throws a `KernelError`. */
export function programInfo(fd: number, what: string): ProgramInfo {
  const info = ask(fd, what, new Uint8Array());
  const maps = new Uint8Array(4 * info.u32(52));
  if (maps.length > 0) ask(fd, what, maps);
  return {
    id: info.u32(4),
    type: programTypes[info.u32(0)] ?? "unspec",
    name: info.text(64, 16),
    tag: Buffer.from(info.slice(8, 8)).toString("hex"),
    gplCompatible: info.u32(84) !== 0,
    jitedSize: info.u32(16),
    xlatedSize: info.u32(20),
    mapIds: new Memory(maps).list(0, maps.length / 4, 4, (from, at) => from.u32(at)),
    btfId: info.u32(128),
    attachBtfObjectId: info.u32(220),
    attachBtfId: info.u32(224),
    loadTime: info.u64(40),
    createdByUid: info.u32(48),
    runTime: info.u64(192),
    runCount: info.u64(200),
    recursionMisses: info.u64(208),
    verifiedInsns: info.u32(216),
  };
}

/** The kernel writes as many ids of maps as there is room for. */
function ask(fd: number, what: string, maps: Uint8Array): Memory {
  const info = new Attr(INFO_SIZE).u32(52, maps.length / 4).pointer(56, maps);
  const attr = new Attr(16).u32(0, fd).u32(4, INFO_SIZE).pointer(8, info.bytes);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, attr, `asking about ${what}`);
  return new Memory(info.bytes);
}
