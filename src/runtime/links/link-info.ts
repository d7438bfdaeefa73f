import type { AttachTypeName } from "../../object/bpf-enums.ts";

/** What the kernel says about a link, `struct bpf_link_info`. What an old kernel does not tell yet is 0, empty or undefined. */
export type LinkInfo = LinkFacts & LinkDetails;

/** What depends on the kind of link, by its `type`. */
export type LinkDetails =
  | RawTracepointLinkInfo
  | TracingLinkInfo
  | CgroupLinkInfo
  | IterLinkInfo
  | NetnsLinkInfo
  | InterfaceLinkInfo
  | PerfEventLinkInfo
  | KprobeMultiLinkInfo
  | UprobeMultiLinkInfo
  | StructOpsMapLinkInfo
  | NetfilterLinkInfo
  | SockmapLinkInfo
  | TracingMultiLinkInfo
  | UnknownLinkInfo;

/** What all links have. */
export interface LinkFacts {
  readonly id: number;
  /** Of the program that it runs; 0 for a struct_ops link, which has a map. */
  readonly programId: number;
}

/** `raw_tp` and, on kernels where it has one, its cookie (Linux 6.10). */
export interface RawTracepointLinkInfo {
  readonly type: "raw_tracepoint";
  readonly tracepoint: string;
  readonly cookie: bigint;
}

/** `tp_btf`, `fentry`, `fexit`, `fmod_ret`, `lsm`, `freplace`. */
export interface TracingLinkInfo {
  readonly type: "tracing";
  readonly attachType: AttachTypeName | undefined;
  /** Where the function is: the id of the program for `freplace`, else of the BTF; both since Linux 5.13. */
  readonly targetObjectId: number;
  /** The id of the function's type in there. */
  readonly targetBtfId: number;
  readonly cookie: bigint;
}

export interface CgroupLinkInfo {
  readonly type: "cgroup";
  /** The inode number of the cgroup's folder; 0 when the cgroup is gone and the link runs nothing. */
  readonly cgroupId: bigint;
  readonly attachType: AttachTypeName | undefined;
}

export interface IterLinkInfo {
  readonly type: "iter";
  /** What it goes through: "task", "bpf_map_elem". */
  readonly target: string;
  /** The map of iterators over elements of maps. */
  readonly mapId: number | undefined;
  /** Where iterators over cgroups begin: a cgroup's id, 0 for the root; and in which order, `BPF_CGROUP_ITER_*`. */
  readonly cgroup: { readonly id: bigint; readonly order: number } | undefined;
  /** Whom iterators over tasks are limited to; 0 for everybody. */
  readonly task: { readonly tid: number; readonly pid: number } | undefined;
}

export interface NetnsLinkInfo {
  readonly type: "netns";
  /** The inode number of /proc/PID/ns/net; 0 when the namespace is gone. */
  readonly netnsInode: number;
  readonly attachType: AttachTypeName | undefined;
}

/** Links of network interfaces. */
export interface InterfaceLinkInfo {
  readonly type: "xdp" | "tcx" | "netkit";
  /** The interface's index; 0 when it is gone. */
  readonly ifindex: number;
  /** Undefined for XDP, whose links don't say it. */
  readonly attachType: AttachTypeName | undefined;
}

export interface PerfEventLinkInfo {
  readonly type: "perf_event";
  /** Undefined before Linux 6.6, which doesn't tell. */
  readonly event: PerfEventOfLink | undefined;
}

export type PerfEventOfLink =
  | {
      readonly kind: "uprobe" | "uretprobe";
      readonly file: string;
      /** In the file, in bytes. */
      readonly offset: number;
      readonly cookie: bigint;
      readonly refCtrOffset: bigint;
    }
  | {
      readonly kind: "kprobe" | "kretprobe";
      readonly function: string;
      /** From the function's first instruction, in bytes. */
      readonly offset: number;
      /** 0 where kernel.kptr_restrict hides it. */
      readonly address: bigint;
      /** How often it could not run, because a probe was running already. */
      readonly missed: bigint;
      readonly cookie: bigint;
    }
  | { readonly kind: "tracepoint"; readonly tracepoint: string; readonly cookie: bigint }
  /** `perf_event_attr.type` and `.config`. */
  | { readonly kind: "event"; readonly perfType: number; readonly config: bigint; readonly cookie: bigint };

export interface KprobeMultiLinkInfo {
  readonly type: "kprobe_multi";
  /** Whether it runs at the functions' returns. */
  readonly atReturn: boolean;
  /** Of each function, sorted; all 0 where kernel.kptr_restrict hides them. */
  readonly addresses: readonly bigint[];
  /** By {@link KprobeMultiLinkInfo.addresses}; zeros when there are none, or before Linux 6.9. */
  readonly cookies: readonly bigint[];
  readonly missed: bigint;
}

export interface UprobeMultiLinkInfo {
  readonly type: "uprobe_multi";
  readonly atReturn: boolean;
  readonly path: string;
  /** In the file, in bytes. */
  readonly offsets: readonly bigint[];
  readonly refCtrOffsets: readonly bigint[];
  readonly cookies: readonly bigint[];
  /** Of the process that it is for; 0 for all of them. */
  readonly pid: number;
}

export interface StructOpsMapLinkInfo {
  readonly type: "struct_ops";
  readonly mapId: number;
}

export interface NetfilterLinkInfo {
  readonly type: "netfilter";
  /** `NFPROTO_*`: 2 is IPv4, 10 IPv6. */
  readonly family: number;
  /** `NF_INET_*`: 0 pre-routing, 1 local in, 2 forward, 3 local out, 4 post-routing. */
  readonly hook: number;
  readonly priority: number;
  /** Whether fragments are put together before the program sees them. */
  readonly defrag: boolean;
}

export interface SockmapLinkInfo {
  readonly type: "sockmap";
  readonly mapId: number;
  readonly attachType: AttachTypeName | undefined;
}

/** `fentry.multi` and its like: many functions of one BTF. */
export interface TracingMultiLinkInfo {
  readonly type: "tracing_multi";
  readonly attachType: AttachTypeName | undefined;
  /** How many functions. */
  readonly count: number;
  readonly btfObjectId: number;
}

/** A kind of link that is younger than this version of core-gen. */
export interface UnknownLinkInfo {
  readonly type: "unknown";
  /** `BPF_LINK_TYPE_*`. */
  readonly number: number;
}
