import { attachTypes, programTypes, type AttachTypeName, type ProgramTypeName } from "./bpf-enums.ts";

/** What a program's ELF section says about it: one row of libbpf's table (`section_defs`). */
export interface SectionDef {
  /** The section as the table has it, without what follows the slash: "tracepoint". */
  readonly prefix: string;
  /** `BPF_PROG_TYPE_*` by name and number. */
  readonly typeName: ProgramTypeName;
  readonly type: number;
  /** `expected_attach_type` by name and number; undefined and 0 where the kernel wants none. */
  readonly attachTypeName: AttachTypeName | undefined;
  readonly attachType: number;
  /** Loaded with BPF_F_SLEEPABLE. */
  readonly sleepable: boolean;
  /** Loaded with BPF_F_XDP_HAS_FRAGS. */
  readonly frags: boolean;
  /** Needs the BTF id of what it attaches to when it is loaded. */
  readonly needsAttachTarget: boolean;
  /** Kernels that don't know the attach type load it without. */
  readonly attachTypeOptional: boolean;
  /** Whether libbpf attaches it by the section alone. */
  readonly autoAttach: boolean;
  /** What follows the prefix and its slash: "syscalls/sys_enter_execve". */
  readonly extra: string;
}

type Flag = "sleepable" | "frags" | "target" | "optional" | "auto";

/** A row: section (`+` means exact or followed by `/extra`), program type, attach type, flags. */
type Row = readonly [
  section: string,
  type: ProgramTypeName,
  attach?: AttachTypeName | undefined,
  flags?: readonly Flag[],
];

const auto = ["auto"] as const;
const autoSleepable = ["auto", "sleepable"] as const;
const tracing = ["auto", "target"] as const;
const tracingSleepable = ["auto", "target", "sleepable"] as const;
const optional = ["optional"] as const;

/** libbpf 1.8's table in its order; the first row that fits wins. */
const rows: readonly Row[] = [
  ["socket", "socket_filter"],
  ["sk_reuseport/migrate", "sk_reuseport", "sk_reuseport_select_or_migrate"],
  ["sk_reuseport", "sk_reuseport", "sk_reuseport_select"],
  ["kprobe+", "kprobe", undefined, auto],
  ["uprobe+", "kprobe", undefined, auto],
  ["uprobe.s+", "kprobe", undefined, autoSleepable],
  ["kretprobe+", "kprobe", undefined, auto],
  ["uretprobe+", "kprobe", undefined, auto],
  ["uretprobe.s+", "kprobe", undefined, autoSleepable],
  ["kprobe.multi+", "kprobe", "trace_kprobe_multi", auto],
  ["kretprobe.multi+", "kprobe", "trace_kprobe_multi", auto],
  ["kprobe.session+", "kprobe", "trace_kprobe_session", auto],
  ["uprobe.multi+", "kprobe", "trace_uprobe_multi", auto],
  ["uretprobe.multi+", "kprobe", "trace_uprobe_multi", auto],
  ["uprobe.session+", "kprobe", "trace_uprobe_session", auto],
  ["uprobe.multi.s+", "kprobe", "trace_uprobe_multi", autoSleepable],
  ["uretprobe.multi.s+", "kprobe", "trace_uprobe_multi", autoSleepable],
  ["uprobe.session.s+", "kprobe", "trace_uprobe_session", autoSleepable],
  ["ksyscall+", "kprobe", undefined, auto],
  ["kretsyscall+", "kprobe", undefined, auto],
  ["usdt+", "kprobe", undefined, auto],
  ["usdt.s+", "kprobe", undefined, autoSleepable],
  ["tc/ingress", "sched_cls", "tcx_ingress"],
  ["tc/egress", "sched_cls", "tcx_egress"],
  ["tcx/ingress", "sched_cls", "tcx_ingress"],
  ["tcx/egress", "sched_cls", "tcx_egress"],
  ["tc", "sched_cls"],
  ["classifier", "sched_cls"],
  ["action", "sched_act"],
  ["netkit/primary", "sched_cls", "netkit_primary"],
  ["netkit/peer", "sched_cls", "netkit_peer"],
  ["tracepoint+", "tracepoint", undefined, auto],
  ["tp+", "tracepoint", undefined, auto],
  ["tracepoint.s+", "tracepoint", undefined, autoSleepable],
  ["tp.s+", "tracepoint", undefined, autoSleepable],
  ["raw_tracepoint+", "raw_tracepoint", undefined, auto],
  ["raw_tp+", "raw_tracepoint", undefined, auto],
  ["raw_tracepoint.s+", "raw_tracepoint", undefined, autoSleepable],
  ["raw_tp.s+", "raw_tracepoint", undefined, autoSleepable],
  ["raw_tracepoint.w+", "raw_tracepoint_writable", undefined, auto],
  ["raw_tp.w+", "raw_tracepoint_writable", undefined, auto],
  ["tp_btf+", "tracing", "trace_raw_tp", tracing],
  ["tp_btf.s+", "tracing", "trace_raw_tp", tracingSleepable],
  ["fentry+", "tracing", "trace_fentry", tracing],
  ["fmod_ret+", "tracing", "modify_return", tracing],
  ["fexit+", "tracing", "trace_fexit", tracing],
  ["fentry.s+", "tracing", "trace_fentry", tracingSleepable],
  ["fmod_ret.s+", "tracing", "modify_return", tracingSleepable],
  ["fexit.s+", "tracing", "trace_fexit", tracingSleepable],
  ["fsession+", "tracing", "trace_fsession", tracing],
  ["fsession.s+", "tracing", "trace_fsession", tracingSleepable],
  ["fentry.multi+", "tracing", "trace_fentry_multi", auto],
  ["fexit.multi+", "tracing", "trace_fexit_multi", auto],
  ["fsession.multi+", "tracing", "trace_fsession_multi", auto],
  ["fentry.multi.s+", "tracing", "trace_fentry_multi", autoSleepable],
  ["fexit.multi.s+", "tracing", "trace_fexit_multi", autoSleepable],
  ["fsession.multi.s+", "tracing", "trace_fsession_multi", autoSleepable],
  ["freplace+", "ext", undefined, tracing],
  ["lsm+", "lsm", "lsm_mac", tracing],
  ["lsm.s+", "lsm", "lsm_mac", tracingSleepable],
  ["lsm_cgroup+", "lsm", "lsm_cgroup", ["target"]],
  ["iter+", "tracing", "trace_iter", tracing],
  ["iter.s+", "tracing", "trace_iter", tracingSleepable],
  ["syscall", "syscall", undefined, ["sleepable"]],
  ["xdp.frags/devmap", "xdp", "xdp_devmap", ["frags"]],
  ["xdp/devmap", "xdp", "xdp_devmap"],
  ["xdp.frags/cpumap", "xdp", "xdp_cpumap", ["frags"]],
  ["xdp/cpumap", "xdp", "xdp_cpumap"],
  ["xdp.frags", "xdp", "xdp", ["frags"]],
  ["xdp", "xdp", "xdp", optional],
  ["perf_event", "perf_event"],
  ["lwt_in", "lwt_in"],
  ["lwt_out", "lwt_out"],
  ["lwt_xmit", "lwt_xmit"],
  ["lwt_seg6local", "lwt_seg6local"],
  ["sockops", "sock_ops", "cgroup_sock_ops", optional],
  ["sk_skb/stream_parser", "sk_skb", "sk_skb_stream_parser", optional],
  ["sk_skb/stream_verdict", "sk_skb", "sk_skb_stream_verdict", optional],
  ["sk_skb/verdict", "sk_skb", "sk_skb_verdict", optional],
  ["sk_skb", "sk_skb"],
  ["sk_msg", "sk_msg", "sk_msg_verdict", optional],
  ["lirc_mode2", "lirc_mode2", "lirc_mode2", optional],
  ["flow_dissector", "flow_dissector", "flow_dissector", optional],
  ["cgroup_skb/ingress", "cgroup_skb", "cgroup_inet_ingress", optional],
  ["cgroup_skb/egress", "cgroup_skb", "cgroup_inet_egress", optional],
  ["cgroup/skb", "cgroup_skb"],
  ["cgroup/sock_create", "cgroup_sock", "cgroup_inet_sock_create"],
  ["cgroup/sock_release", "cgroup_sock", "cgroup_inet_sock_release"],
  ["cgroup/sock", "cgroup_sock", "cgroup_inet_sock_create", optional],
  ["cgroup/post_bind4", "cgroup_sock", "cgroup_inet4_post_bind"],
  ["cgroup/post_bind6", "cgroup_sock", "cgroup_inet6_post_bind"],
  ["cgroup/bind4", "cgroup_sock_addr", "cgroup_inet4_bind"],
  ["cgroup/bind6", "cgroup_sock_addr", "cgroup_inet6_bind"],
  ["cgroup/connect4", "cgroup_sock_addr", "cgroup_inet4_connect"],
  ["cgroup/connect6", "cgroup_sock_addr", "cgroup_inet6_connect"],
  ["cgroup/connect_unix", "cgroup_sock_addr", "cgroup_unix_connect"],
  ["cgroup/sendmsg4", "cgroup_sock_addr", "cgroup_udp4_sendmsg"],
  ["cgroup/sendmsg6", "cgroup_sock_addr", "cgroup_udp6_sendmsg"],
  ["cgroup/sendmsg_unix", "cgroup_sock_addr", "cgroup_unix_sendmsg"],
  ["cgroup/recvmsg4", "cgroup_sock_addr", "cgroup_udp4_recvmsg"],
  ["cgroup/recvmsg6", "cgroup_sock_addr", "cgroup_udp6_recvmsg"],
  ["cgroup/recvmsg_unix", "cgroup_sock_addr", "cgroup_unix_recvmsg"],
  ["cgroup/getpeername4", "cgroup_sock_addr", "cgroup_inet4_getpeername"],
  ["cgroup/getpeername6", "cgroup_sock_addr", "cgroup_inet6_getpeername"],
  ["cgroup/getpeername_unix", "cgroup_sock_addr", "cgroup_unix_getpeername"],
  ["cgroup/getsockname4", "cgroup_sock_addr", "cgroup_inet4_getsockname"],
  ["cgroup/getsockname6", "cgroup_sock_addr", "cgroup_inet6_getsockname"],
  ["cgroup/getsockname_unix", "cgroup_sock_addr", "cgroup_unix_getsockname"],
  ["cgroup/sysctl", "cgroup_sysctl", "cgroup_sysctl"],
  ["cgroup/getsockopt", "cgroup_sockopt", "cgroup_getsockopt"],
  ["cgroup/setsockopt", "cgroup_sockopt", "cgroup_setsockopt"],
  ["cgroup/dev", "cgroup_device", "cgroup_device", optional],
  ["struct_ops+", "struct_ops"],
  ["struct_ops.s+", "struct_ops", undefined, ["sleepable"]],
  ["sk_lookup", "sk_lookup", "sk_lookup"],
  ["netfilter", "netfilter", "netfilter"],
];

/**
 * What a section name means (libbpf: `find_sec_def`), or undefined when no rule knows it.
 *
 * A leading `?`, which only says that the program is not loaded by default, must be off.
 */
export function findSectionDef(section: string): SectionDef | undefined {
  for (const row of rows) {
    const extra = matchSection(row[0], section);
    if (extra !== undefined) return describeRow(row, extra);
  }
  return undefined;
}

/**
 * What follows a section's name and its slash, "" where nothing does; undefined for another section (libbpf:
 * `sec_def_matches`). `pattern` is "type" for that alone, "type/" for what has something behind it, "type+" for both.
 */
export function matchSection(pattern: string, section: string): string | undefined {
  if (pattern.endsWith("/")) return section.startsWith(pattern) ? section.slice(pattern.length) : undefined;
  if (!pattern.endsWith("+")) return section === pattern ? "" : undefined;
  const prefix = pattern.slice(0, -1);
  if (section === prefix) return "";
  return section.startsWith(`${prefix}/`) ? section.slice(prefix.length + 1) : undefined;
}

function describeRow([pattern, typeName, attachTypeName, flags = []]: Row, extra: string): SectionDef {
  return {
    prefix: pattern.replace(/\+$/u, ""),
    typeName,
    type: programTypes.indexOf(typeName),
    attachTypeName,
    attachType: attachTypeName === undefined ? 0 : attachTypes.indexOf(attachTypeName),
    sleepable: flags.includes("sleepable"),
    frags: flags.includes("frags"),
    needsAttachTarget: flags.includes("target"),
    attachTypeOptional: flags.includes("optional"),
    autoAttach: flags.includes("auto"),
    extra,
  };
}
