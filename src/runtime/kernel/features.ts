import * as probe from "./probe-features.ts";
import { minimalBtf, probes, type BtfFeature } from "./probe-btf.ts";
import type { Fd } from "../sys/fd.ts";
import { probingToken, succeeds, tryBtf } from "./probe-load.ts";
import { kernelIsAtLeast, type KernelVersion } from "./release.ts";
import { hasSyscallWrapper } from "./syscall-wrapper.ts";

/** Something that not every kernel can: what libbpf asks (`features.c`), and behind that what `bpftool feature` shows. */
export type Feature =
  /** The kernel takes types at all. */
  | "btf"
  | BtfFeature
  /** Types may come with a section that says how long the records of each kind are. */
  | "btf-layout"
  /** Programs and maps have names. */
  | "prog-name"
  | "expected-attach-type"
  | "global-data"
  /** Arrays can be mapped (BPF_F_MMAPABLE). */
  | "array-mmap"
  /** The helpers bpf_probe_read_kernel() and bpf_probe_read_user(). */
  | "probe-read-kernel"
  | "prog-bind-map"
  /** Modules have types of their own. */
  | "module-btf"
  /** Maps and programs count against their cgroup, and not against RLIMIT_MEMLOCK. */
  | "memcg-accounting"
  /** Programs of cgroups are attached by links. */
  | "cgroup-link"
  | "perf-link"
  | "bpf-cookie"
  /** System calls take their arguments in `struct pt_regs`, and begin with the name of the architecture. */
  | "syscall-wrapper"
  /** One link for many uprobes, with a process that works. */
  | "uprobe-multi-link"
  /** Arguments of global functions tagged `__arg_ctx`. */
  | "arg-ctx-tag"
  /** Addresses of map values with offsets from 512 MB on. */
  | "ldimm64-full-range-off"
  /** Uprobes without a trap into the kernel: x86-64. */
  | "uprobe-syscall"
  /** Logs for every command of bpf(). */
  | "syscall-common-attrs"
  /** More than 4096 instructions. */
  | "large-insn-limit"
  | "bounded-loops"
  /** Instruction sets of clang's -mcpu. */
  | "isa-v2"
  | "isa-v3"
  | "isa-v4";

interface FeatureFacts {
  /**
   * The version of Linux that has it for certain. Vendors bring it to older ones, so those are tried. Undefined when it
   * takes more than a version: a configuration, an architecture.
   */
  readonly since: KernelVersion | undefined;
  readonly probe: () => boolean;
}

const btf = (feature: BtfFeature, since: KernelVersion): FeatureFacts => ({
  since,
  probe: () => succeeds(tryBtf(probes[feature]())),
});

const features: Readonly<Record<Feature, FeatureFacts>> = {
  "isa-v2": { since: [4, 14], probe: probe.isaV2 },
  "prog-name": { since: [4, 15], probe: probe.programName },
  "expected-attach-type": { since: [4, 17], probe: probe.expectedAttachType },
  btf: { since: [4, 18], probe: () => succeeds(tryBtf(minimalBtf())) },
  "btf-func": btf("btf-func", [5, 0]),
  "isa-v3": { since: [5, 1], probe: probe.isaV3 },
  "btf-datasec": btf("btf-datasec", [5, 2]),
  "global-data": { since: [5, 2], probe: probe.globalData },
  "large-insn-limit": { since: [5, 3], probe: probe.largePrograms },
  "bounded-loops": { since: [5, 3], probe: probe.boundedLoops },
  "array-mmap": { since: [5, 5], probe: probe.arrayMmap },
  "probe-read-kernel": { since: [5, 5], probe: probe.probeReadKernel },
  "btf-func-global": btf("btf-func-global", [5, 6]),
  "prog-bind-map": { since: [5, 10], probe: probe.programBindMap },
  "module-btf": { since: [5, 11], probe: probe.moduleBtf },
  "memcg-accounting": { since: [5, 11], probe: probe.memcgAccounting },
  "btf-float": btf("btf-float", [5, 13]),
  "cgroup-link": { since: [5, 7], probe: probe.cgroupLink },
  "perf-link": { since: [5, 15], probe: probe.perfLink },
  "bpf-cookie": { since: [5, 15], probe: probe.bpfCookie },
  "btf-decl-tag": btf("btf-decl-tag", [5, 16]),
  "btf-type-tag": btf("btf-type-tag", [5, 17]),
  "btf-enum64": btf("btf-enum64", [6, 0]),
  "isa-v4": { since: undefined, probe: probe.isaV4 },
  "btf-datasec-question-mark": btf("btf-datasec-question-mark", [6, 9]),
  "arg-ctx-tag": { since: undefined, probe: probe.argCtxTag },
  "uprobe-multi-link": { since: undefined, probe: probe.uprobeMultiLink },
  "ldimm64-full-range-off": { since: undefined, probe: probe.ldImm64FullRange },
  "uprobe-syscall": { since: undefined, probe: probe.uprobeSyscall },
  "btf-layout": { since: undefined, probe: probe.btfLayout },
  "syscall-common-attrs": { since: undefined, probe: probe.syscallCommonAttributes },
  "syscall-wrapper": { since: undefined, probe: hasSyscallWrapper },
};

/** Every feature there is a probe for, the oldest first. */
export const featureNames: readonly Feature[] = Object.keys(features) as Feature[];

const known = new Map<Feature, boolean>();
/** What was found out with a token, which may be allowed more than this process alone, or less. */
const knownWith = new WeakMap<Fd, Map<Feature, boolean>>();
const watchers = new Set<FeatureWatcher>();

/** Gets to know what a probe found out. */
export type FeatureWatcher = (feature: Feature, supported: boolean) => void;

/** Tells `watcher` of every probe that `run` makes. */
export function watchingProbes<T>(watcher: FeatureWatcher, run: () => T): T {
  watchers.add(watcher);
  try {
    return run();
  } finally {
    watchers.delete(watcher);
  }
}

/** Whether the running kernel can do it. Asked of the kernel at most once, and only of kernels older than the feature. */
export function hasFeature(feature: Feature): boolean {
  const answers = knownNow();
  const before = answers.get(feature);
  if (before !== undefined) return before;
  const isNew = isNewEnough(feature);
  const answer = isNew || probeFeature(feature);
  answers.set(feature, answer);
  if (!isNew) for (const watcher of watchers) watcher(feature, answer);
  return answer;
}

function knownNow(): Map<Feature, boolean> {
  const token = probingToken();
  if (token === undefined) return known;
  const answers = knownWith.get(token) ?? new Map<Feature, boolean>();
  knownWith.set(token, answers);
  return answers;
}

/** Whether the kernel's version alone says that it has the feature. */
export function isNewEnough(feature: Feature): boolean {
  const { since } = features[feature];
  return since !== undefined && kernelIsAtLeast(since);
}

/** Tries it, whatever the kernel's version. Needs the privilege to use bpf(): without it nothing is there. */
export function probeFeature(feature: Feature): boolean {
  return features[feature].probe();
}
