import type { SectionDef } from "./sections.ts";

/** What can be done with a program once it is loaded: each kind has its own ways to attach. */
export type ProgramKind =
  | "probe"
  | "kprobe-multi"
  | "uprobe-multi"
  | "usdt"
  | "tracepoint"
  | "raw-tracepoint"
  | "trace"
  | "trace-multi"
  | "iter"
  | "freplace"
  | "perf-event"
  | "xdp"
  | "tc"
  | "tcx"
  | "netkit"
  | "cgroup"
  | "sockmap"
  | "netns"
  | "socket-filter"
  | "sk-reuseport"
  | "netfilter"
  | "lirc"
  | "lwt"
  | "struct-ops"
  | "syscall"
  | "unknown";

/** The kind of a program by its section; "unknown" when libbpf's table has no row for that. */
export function programKind(def: SectionDef | undefined): ProgramKind {
  if (def === undefined) return "unknown";
  const base = def.prefix.replace(/\.[sw]$/u, "");
  switch (def.typeName) {
    case "kprobe":
      return probeKind(base);
    case "tracepoint":
      return "tracepoint";
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
      return "raw-tracepoint";
    case "tracing":
      if (base === "iter") return "iter";
      return base.endsWith(".multi") ? "trace-multi" : "trace";
    case "lsm":
      return base === "lsm_cgroup" ? "cgroup" : "trace";
    case "ext":
      return "freplace";
    case "perf_event":
      return "perf-event";
    case "xdp":
      return "xdp";
    case "sched_cls":
      return trafficKind(base);
    case "sched_act":
      return "tc";
    case "cgroup_skb":
    case "cgroup_sock":
    case "cgroup_sock_addr":
    case "cgroup_sockopt":
    case "cgroup_sysctl":
    case "cgroup_device":
    case "sock_ops":
      return "cgroup";
    case "sk_skb":
    case "sk_msg":
      return "sockmap";
    case "sk_lookup":
    case "flow_dissector":
      return "netns";
    case "socket_filter":
      return "socket-filter";
    case "sk_reuseport":
      return "sk-reuseport";
    case "netfilter":
      return "netfilter";
    case "lirc_mode2":
      return "lirc";
    case "lwt_in":
    case "lwt_out":
    case "lwt_xmit":
    case "lwt_seg6local":
      return "lwt";
    case "struct_ops":
      return "struct-ops";
    case "syscall":
      return "syscall";
    case "unspec":
      return "unknown";
  }
}

function probeKind(base: string): ProgramKind {
  if (base === "usdt") return "usdt";
  if (/^k.*\.(?:multi|session)$/u.test(base)) return "kprobe-multi";
  return /\.(?:multi|session)$/u.test(base) ? "uprobe-multi" : "probe";
}

/** `tc/ingress` is libbpf's older name for `tcx/ingress`; plain `tc` and `classifier` are for qdiscs and filters. */
function trafficKind(base: string): ProgramKind {
  if (base.startsWith("netkit/")) return "netkit";
  return base.includes("/") ? "tcx" : "tc";
}
