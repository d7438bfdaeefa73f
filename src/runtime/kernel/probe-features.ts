import { arch } from "node:os";
import { attachTypes } from "../../object/bpf-enums.ts";
import { CALL, EXIT, LD_IMM64, type Insn } from "../../object/insn/insn.ts";
import {
  Attr,
  bpf,
  BPF_LINK_CREATE,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_PROG_BIND_MAP,
  BPF_PROG_LOAD,
  withAddress,
} from "../sys/bpf.ts";
import { syscallNumbers } from "../sys/arch.ts";
import { EBADF, EFAULT, EINVAL, ENXIO } from "../sys/errno.ts";
import { libc } from "../sys/libc.ts";
import { ARG_CTX, layoutBtf, minimalBtf, rawBtf } from "./probe-btf.ts";
import { insn, RETURN_0, succeeds, tryBtf, tryMap, tryProgram, withProbe } from "./probe-load.ts";

// enum bpf_func_id
const PROBE_READ_KERNEL = 113;
const KTIME_GET_COARSE_NS = 160;
const GET_FUNC_IP = 173;
const GET_ATTACH_COOKIE = 174;
const BPF_F_MMAPABLE = 0x400;
const BPF_PSEUDO_MAP_VALUE = 2;
const BPF_PSEUDO_CALL = 1;

const MOV64_IMM = 0xb7;
const MOV64_REG = 0xbf;
const ADD64_IMM = 0x07;
const SUB64_IMM = 0x17;
const JNE_IMM = 0x55;
const JLT_IMM = 0xa5;
const JLT32_IMM = 0xa6;
const JEQ32_IMM = 0x16;
const JA32 = 0x06;
const STORE_DW_IMM = 0x7a;

/*
 * Each of these tries one thing on the running kernel, as libbpf does in features.c (the last five: bpftool's feature.c).
 */

export const programName = (): boolean => succeeds(tryProgram("socket_filter", RETURN_0, { name: "named" }));

export const expectedAttachType = (): boolean =>
  succeeds(tryProgram("cgroup_sock", RETURN_0, { attachType: "cgroup_inet_sock_create" }));

export const arrayMmap = (): boolean => succeeds(tryMap("array", { valueSize: 32, flags: BPF_F_MMAPABLE }));

/** Writes to the value of an array, as programs with global variables do. */
export const globalData = (): boolean =>
  withProbe(tryMap("array", { valueSize: 32 }), (map) => {
    const code = [...valueAddress(map.number, 16), insn(STORE_DW_IMM, 1, 0, 0, 42), ...RETURN_0];
    return succeeds(tryProgram("socket_filter", code));
  });

/** `probe_read_kernel(r10 - 8, 8, 0)`. */
export const probeReadKernel = (): boolean => {
  const toStack = [insn(MOV64_REG, 1, 10), insn(ADD64_IMM, 1, 0, 0, -8)];
  const code = [...toStack, insn(MOV64_IMM, 2, 0, 0, 8), insn(MOV64_IMM, 3), ...callOf(PROBE_READ_KERNEL)];
  return succeeds(tryProgram("tracepoint", code));
};

/** Memory of maps and programs belongs to their cgroup, not to RLIMIT_MEMLOCK. It came with this helper. */
export const memcgAccounting = (): boolean => succeeds(tryProgram("socket_filter", callOf(KTIME_GET_COARSE_NS)));

export const bpfCookie = (): boolean => succeeds(tryProgram("tracepoint", callOf(GET_ATTACH_COOKIE)));

export const programBindMap = (): boolean =>
  withProbe(tryMap("array", { valueSize: 32 }), (map) =>
    withProbe(tryProgram("socket_filter", RETURN_0), (program) => {
      const attr = new Attr(12).u32(0, program.number).u32(4, map.number);
      return bpf(BPF_PROG_BIND_MAP, attr) >= 0;
    }),
  );

/** Types of modules came with names of types, which are asked for here. */
export const moduleBtf = (): boolean =>
  withProbe(tryBtf(minimalBtf()), (btf) => {
    // struct bpf_btf_info { btf, btf_size, id, name, name_len, kernel_btf }, and behind it room for the name.
    const info = new Attr(48);
    info.pointer(16, info.bytes.subarray(32)).u32(24, 16);
    const attr = new Attr(16).u32(0, btf.number).u32(4, 32).pointer(8, info.bytes);
    return bpf(BPF_OBJ_GET_INFO_BY_FD, attr) >= 0;
  });

/** A kernel that has these links sees that -1 is no descriptor; others don't get as far. */
/** A program that there is not is noticed by kernels that have links, of which those for cgroups were among the first. */
export const cgroupLink = (): boolean =>
  bpf(BPF_LINK_CREATE, new Attr(16).u32(0, 0xffff_ffff).u32(4, 0xffff_ffff)) === -EBADF;

export const perfLink = (): boolean =>
  withProbe(tryProgram("tracepoint", RETURN_0), (program) => {
    const attr = new Attr(16).u32(0, program.number).u32(4, 0xffff_ffff).u32(8, attachTypes.indexOf("perf_event"));
    return bpf(BPF_LINK_CREATE, attr) === -EBADF;
  });

/** "/" is no binary, which is noticed late; that -1 is no process is noticed early since filtering by process works (6.10). */
export const uprobeMultiLink = (): boolean =>
  withProbe(tryProgram("kprobe", RETURN_0, { attachType: "trace_uprobe_multi" }), (program) => {
    // union bpf_attr: link_create.uprobe_multi { path, offsets, ref_ctr_offsets, cookies, cnt, flags, pid } at 16.
    const link = (pid: number): number => {
      const attr = new Attr(64)
        .u32(0, program.number)
        .u32(8, attachTypes.indexOf("trace_uprobe_multi"))
        .text(16, "/")
        .pointer(24, new Uint8Array(8))
        .u32(48, 1)
        .u32(56, pid);
      return bpf(BPF_LINK_CREATE, attr);
    };
    return link(0) === -EBADF && link(0xffff_ffff) === -EINVAL;
  });

/** A helper that wants the context gets an argument that only its tag says to be one. */
export const argCtxTag = (): boolean =>
  withProbe(tryBtf(rawBtf(ARG_CTX.words, ARG_CTX.names)), (btf) => {
    const call = insn(CALL, 0, BPF_PSEUDO_CALL, 0, 1);
    const code = [call, insn(EXIT), insn(CALL, 0, 0, 0, GET_FUNC_IP), insn(EXIT)];
    const records = new Uint8Array(Uint32Array.of(0, ARG_CTX.main, 2, ARG_CTX.callee).buffer);
    return succeeds(tryProgram("kprobe", code, { functions: { btf, records } }));
  });

/** The program is refused by every kernel; by one that takes any offset for another reason (arenas of more than 512 MB). */
export const ldImm64FullRange = (): boolean =>
  withProbe(tryMap("array", { valueSize: 1 }), (map) => {
    const log = new Uint8Array(4096);
    succeeds(tryProgram("socket_filter", [...valueAddress(map.number, 2 ** 30), insn(EXIT)], { log }));
    return Buffer.from(log).includes("invalid access to map value pointer");
  });

/** Outside of a probe, the system call that probes make says ENXIO. Only x86-64 has it (libbpf: `probe_uprobe_syscall`). */
export const uprobeSyscall = (): boolean => arch() === "x64" && libc().syscall(SYS_UPROBE_X64, 0, 0, 0) === -ENXIO;
const SYS_UPROBE_X64 = 336;

export const btfLayout = (): boolean => succeeds(tryBtf(layoutBtf()));

/** A kernel that looks for attributes common to all commands finds that there are none at address 0. */
export const syscallCommonAttributes = (): boolean => {
  const { bytes } = new Attr(152);
  const [number, command] = [syscallNumbers().bpf, BPF_PROG_LOAD | BPF_COMMON_ATTRS];
  const call = (address: number): number =>
    libc().syscall5(number, command, address, bytes.length, 0, SIZE_OF_COMMON_ATTRS);
  return withAddress(bytes, call) === -EFAULT;
};
const BPF_COMMON_ATTRS = 1 << 16;
/** `struct bpf_common_attr { u64 log_buf; u32 log_size, log_level, log_true_size }`. */
const SIZE_OF_COMMON_ATTRS = 24;

/** More than 4096 instructions. */
export const largePrograms = (): boolean => {
  const moves = Array.from({ length: 4096 }, () => insn(MOV64_IMM, 0, 0, 0, 1));
  return succeeds(tryProgram("socket_filter", [...moves, insn(EXIT)]));
};

export const boundedLoops = (): boolean =>
  takes(insn(MOV64_IMM, 0, 0, 0, 10), insn(SUB64_IMM, 0, 0, 0, 1), insn(JNE_IMM, 0, 0, -2));

export const isaV2 = (): boolean => takes(insn(MOV64_IMM), insn(JLT_IMM, 0, 0, 1), insn(MOV64_IMM, 0, 0, 0, 1));

export const isaV3 = (): boolean => takes(insn(MOV64_IMM), insn(JLT32_IMM, 0, 0, 1), insn(MOV64_IMM, 0, 0, 0, 1));

export const isaV4 = (): boolean =>
  takes(insn(MOV64_IMM), insn(JEQ32_IMM, 0, 0, 1, 1), insn(JA32, 0, 0, 0, 1), insn(MOV64_IMM, 0, 0, 0, 1));

function takes(...code: readonly Insn[]): boolean {
  return succeeds(tryProgram("socket_filter", [...code, insn(EXIT)]));
}

/** The kernel knows a helper, or refuses the program. */
function callOf(helper: number): Insn[] {
  return [insn(CALL, 0, 0, 0, helper), ...RETURN_0];
}

/** `r1 = address of the map's value + offset`. */
function valueAddress(map: number, offset: number): Insn[] {
  return [insn(LD_IMM64, 1, BPF_PSEUDO_MAP_VALUE, 0, map), insn(0, 0, 0, 0, offset)];
}
