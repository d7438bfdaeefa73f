import { BPF_PSEUDO_CALL, CALL, EXIT, LD_IMM64, type Insn } from "../../object/insn/insn.ts";
import { attachTypes, mapTypes } from "../../object/bpf-enums.ts";
import { Attr, bpf, BPF_BTF_LOAD, BPF_LINK_CREATE, BPF_MAP_CREATE, BPF_PROG_BIND_MAP } from "../sys/bpf.ts";
import { EBADF, EINVAL } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { argCtxProbe, probes, type BtfFeature } from "./probe-btf.ts";
import { closed, insn, loadProgram, loads, MOV64_IMM, RETURN_0 } from "./probe-program.ts";
import { kernelIsAtLeast, type KernelVersion } from "./release.ts";

/** Something that not every kernel can, and that loading and attaching ask about. */
export type Feature =
  | BtfFeature
  | "prog-name"
  | "expected-attach-type"
  | "global-data"
  | "array-mmap"
  | "full-range-offset"
  | "probe-read-kernel"
  | "memcg-accounting"
  | "prog-bind-map"
  | "perf-link"
  | "bpf-cookie"
  | "uprobe-multi"
  | "arg-ctx";

interface FeatureFacts {
  /** The version of Linux that has it for certain. Vendors bring it to older ones, so those are tried. */
  readonly since: KernelVersion;
  readonly probe: () => boolean;
}

const btf = (feature: BtfFeature, since: KernelVersion): FeatureFacts => ({ since, probe: () => loadsBtf(feature) });

/** What libbpf tries in `features.c`, as far as it is needed here. */
const features: Readonly<Record<Feature, FeatureFacts>> = {
  "prog-name": { since: [4, 15], probe: () => loads("socket_filter", RETURN_0, (attr) => attr.name(48, "named")) },
  "expected-attach-type": { since: [4, 17], probe: probeExpectedAttachType },
  "btf-func": btf("btf-func", [5, 0]),
  "btf-datasec": btf("btf-datasec", [5, 2]),
  "global-data": { since: [5, 2], probe: probeGlobalData },
  "array-mmap": { since: [5, 5], probe: probeArrayMmap },
  "probe-read-kernel": { since: [5, 5], probe: () => loads("tracepoint", callOf(PROBE_READ_KERNEL)) },
  "btf-func-global": btf("btf-func-global", [5, 6]),
  // Memory of maps and programs belongs to their cgroup, not to RLIMIT_MEMLOCK. It came with this helper.
  "memcg-accounting": {
    since: [5, 11],
    probe: () => loads("socket_filter", helperWithoutArguments(KTIME_GET_COARSE_NS)),
  },
  "prog-bind-map": { since: [5, 10], probe: probeBindMap },
  "btf-float": btf("btf-float", [5, 13]),
  "perf-link": { since: [5, 15], probe: probePerfLink },
  "bpf-cookie": { since: [5, 15], probe: () => loads("tracepoint", helperWithoutArguments(GET_ATTACH_COOKIE)) },
  "btf-decl-tag": btf("btf-decl-tag", [5, 16]),
  "btf-type-tag": btf("btf-type-tag", [5, 17]),
  "btf-enum64": btf("btf-enum64", [6, 0]),
  "arg-ctx": { since: [6, 8], probe: probeArgCtx },
  "btf-datasec-question-mark": btf("btf-datasec-question-mark", [6, 9]),
  // There since 6.6, and with a process id that means the process, which came later, to stable versions, too.
  "uprobe-multi": { since: [6, 11], probe: probeUprobeMulti },
  "full-range-offset": { since: [7, 1], probe: probeFullRangeOffset },
};

/** Every feature there is a probe for. */
export const featureNames: readonly Feature[] = Object.keys(features) as Feature[];

const known = new Map<Feature, boolean>();

/** Whether the running kernel can do it. Asked of the kernel at most once, and only of kernels older than the feature. */
export function hasFeature(feature: Feature): boolean {
  const answer = known.get(feature) ?? (isNewEnough(feature) || probeFeature(feature));
  known.set(feature, answer);
  return answer;
}

/** Whether the kernel's version alone says that it has the feature. */
export function isNewEnough(feature: Feature): boolean {
  return kernelIsAtLeast(features[feature].since);
}

/** Tries it, whatever the kernel's version. Needs the privilege to use bpf(): without it nothing is there. */
export function probeFeature(feature: Feature): boolean {
  return features[feature].probe();
}

const PROBE_READ_KERNEL = 113;
const KTIME_GET_COARSE_NS = 160;
const GET_FUNC_IP = 173;
const GET_ATTACH_COOKIE = 174;
const BPF_F_MMAPABLE = 0x400;
const BPF_PSEUDO_MAP_VALUE = 2;
const LOG_SIZE = 1024;

const MOV64_REG = 0xbf;
const ADD64_IMM = 0x07;
const STORE_DW_IMM = 0x7a;

/** The kernel knows a helper, or refuses the program. */
function helperWithoutArguments(id: number): Insn[] {
  return [insn(CALL, 0, 0, 0, id), ...RETURN_0];
}

/** `helper(r10 - 8, 8, 0)`. */
function callOf(id: number): Insn[] {
  const toStack = [insn(MOV64_REG, 1, 10), insn(ADD64_IMM, 1, 0, 0, -8)];
  return [...toStack, insn(MOV64_IMM, 2, 0, 0, 8), insn(MOV64_IMM, 3), insn(CALL, 0, 0, 0, id), ...RETURN_0];
}

function createArray(flags: number): number {
  const attr = new Attr(28).u32(0, mapTypes.indexOf("array")).u32(4, 4).u32(8, 32).u32(12, 1).u32(16, flags);
  return bpf(BPF_MAP_CREATE, attr);
}

function loadsBtf(feature: BtfFeature): boolean {
  const bytes = probes[feature]();
  return closed(bpf(BPF_BTF_LOAD, new Attr(28).pointer(0, bytes).u32(16, bytes.length)));
}

function probeExpectedAttachType(): boolean {
  const attachType = attachTypes.indexOf("cgroup_inet_sock_create");
  return loads("cgroup_sock", RETURN_0, (attr) => attr.u32(68, attachType));
}

function probeArrayMmap(): boolean {
  return closed(createArray(BPF_F_MMAPABLE));
}

/** Writes to the value of an array, as programs with global variables do. */
function probeGlobalData(): boolean {
  const number = createArray(0);
  if (number < 0) return false;
  using map = new Fd(number, "the array of a probe");
  const address = [insn(LD_IMM64, 1, BPF_PSEUDO_MAP_VALUE, 0, map.number), insn(0, 0, 0, 0, 16)];
  return loads("socket_filter", [...address, insn(STORE_DW_IMM, 1, 0, 0, 42), ...RETURN_0]);
}

/** Refers to a byte of a map that is not there: other kernels find the offset too large before they look at the map. */
function probeFullRangeOffset(): boolean {
  const number = createArray(0);
  if (number < 0) return false;
  using map = new Fd(number, "the array of a probe");
  const address = [insn(LD_IMM64, 1, BPF_PSEUDO_MAP_VALUE, 0, map.number), insn(0, 0, 0, 0, 2 ** 30)];
  const log = new Uint8Array(LOG_SIZE);
  const withLog = (attr: Attr): Attr => attr.u32(24, 1).u32(28, LOG_SIZE).pointer(32, log);
  if (loads("socket_filter", [...address, ...RETURN_0], withLog)) return false;
  return new TextDecoder().decode(log).includes("invalid access to map value pointer");
}

/** A kernel that has these links sees that -1 is no descriptor; others don't get as far. */
function probePerfLink(): boolean {
  const number = loadProgram("tracepoint", RETURN_0);
  if (number < 0) return false;
  using program = new Fd(number, "the program of a probe");
  const attr = new Attr(16).u32(0, program.number).u32(4, 0xffff_ffff).u32(8, attachTypes.indexOf("perf_event"));
  return bpf(BPF_LINK_CREATE, attr) === -EBADF;
}

function probeBindMap(): boolean {
  const [map, program] = [createArray(0), loadProgram("socket_filter", RETURN_0)];
  const result = bpf(BPF_PROG_BIND_MAP, new Attr(12).u32(0, program).u32(4, map));
  return [closed(map), closed(program)].every(Boolean) && result >= 0;
}

/** A link of the kind has another error for a process id that can't be than for "/", which is no file. */
function probeUprobeMulti(): boolean {
  const attachType = attachTypes.indexOf("trace_uprobe_multi");
  const number = loadProgram("kprobe", RETURN_0, (attr) => attr.u32(68, attachType));
  if (number < 0) return false;
  using program = new Fd(number, "the program of a probe");
  const offsets = new Uint8Array(8);
  const link = (pid: number): number => {
    const attr = new Attr(64).u32(0, program.number).u32(4, 0xffff_ffff).u32(8, attachType);
    return bpf(BPF_LINK_CREATE, attr.text(16, "/").pointer(24, offsets).u32(48, 1).u32(56, pid));
  };
  return link(0) === -EBADF && link(0xffff_ffff) === -EINVAL;
}

/** A function whose tag says that it gets the program's context calls a helper that takes nothing else. */
function probeArgCtx(): boolean {
  const { bytes, main, called } = argCtxProbe();
  const number = bpf(BPF_BTF_LOAD, new Attr(28).pointer(0, bytes).u32(16, bytes.length));
  if (number < 0) return false;
  using types = new Fd(number, "the types of a probe");
  const insns = [insn(CALL, 0, BPF_PSEUDO_CALL, 0, 1), insn(EXIT), insn(CALL, 0, 0, 0, GET_FUNC_IP), insn(EXIT)];
  const functions = new Uint8Array(Uint32Array.from([0, main, 2, called]).buffer);
  return loads("kprobe", insns, (attr) => attr.u32(72, types.number).u32(76, 8).pointer(80, functions).u32(88, 2));
}
