import { readFileSync } from "node:fs";
import { mapTypes, type ProgramTypeName } from "../../object/bpf-enums.ts";
import { EACCES, EPERM } from "../sys/errno.ts";
import { hasFeature } from "./features.ts";
import { kernelIsAtLeast } from "./release.ts";

const CAP_NET_ADMIN = 12;
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;

/** The files that {@link permissionHints} reads, by what they say; undefined where there is none. For tests. */
export interface PrivilegeFacts {
  /** /proc/self/status */
  readonly status: string | undefined;
  /** /proc/self/uid_map */
  readonly uidMap: string | undefined;
  /** /proc/self/limits */
  readonly limits: string | undefined;
  /** /sys/kernel/security/lockdown */
  readonly lockdown: string | undefined;
  /** /proc/sys/kernel/unprivileged_bpf_disabled */
  readonly unprivilegedBpfDisabled: string | undefined;
  /** Whether maps and programs count against RLIMIT_MEMLOCK. */
  readonly memlockCounts: boolean;
  /** Whether the kernel has CAP_BPF and CAP_PERFMON, or asks for CAP_SYS_ADMIN (before 5.8). */
  readonly hasCapBpf: boolean;
}

/** What loading something takes beside CAP_BPF. */
export type Capability = "CAP_PERFMON" | "CAP_NET_ADMIN";

/** Kernel: `is_net_admin_prog_type` and `is_perfmon_prog_type`. */
export function capabilitiesOfProgram(type: ProgramTypeName): readonly Capability[] {
  switch (type) {
    case "lwt_seg6local":
    case "lwt_in":
    case "lwt_out":
    case "lwt_xmit":
    case "sched_cls":
    case "sched_act":
    case "xdp":
    case "sk_skb":
    case "sk_msg":
    case "flow_dissector":
    case "cgroup_device":
    case "cgroup_sock":
    case "cgroup_sock_addr":
    case "cgroup_sockopt":
    case "cgroup_sysctl":
    case "sock_ops":
    case "netfilter":
      return ["CAP_NET_ADMIN"];
    case "ext":
      return ["CAP_NET_ADMIN", "CAP_PERFMON"];
    case "kprobe":
    case "tracepoint":
    case "perf_event":
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
    case "tracing":
    case "lsm":
    case "struct_ops":
      return ["CAP_PERFMON"];
    default:
      return [];
  }
}

/** Kernel: the end of `map_create`'s switch over the kinds. */
export function capabilitiesOfMap(type: number): readonly Capability[] {
  const kind = mapTypes[type];
  const needsNetwork = kind !== undefined && ["sockmap", "sockhash", "devmap", "devmap_hash", "xskmap"].includes(kind);
  // A map alone doesn't take CAP_PERFMON, but most programs do that come after it.
  return needsNetwork ? ["CAP_PERFMON", "CAP_NET_ADMIN"] : ["CAP_PERFMON"];
}

/**
 * Why the kernel may have refused with EPERM or EACCES, as far as this process can see: one sentence each. `needed` is
 * what this takes beside CAP_BPF.
 */
export function permissionHints(
  needed: readonly Capability[] = ["CAP_PERFMON"],
  facts: PrivilegeFacts = readFacts(),
): string[] {
  return [...capabilityHints(needed, facts), ...confinementHints(facts), ...memlockHints(facts)];
}

/** The same for a call that failed: nothing when it was not for want of a privilege. */
export function hintsIfDenied(errno: number, needed?: readonly Capability[]): string[] {
  return errno === EPERM || errno === EACCES ? permissionHints(needed) : [];
}

function capabilityHints(needed: readonly Capability[], facts: PrivilegeFacts): string[] {
  const effective = effectiveCapabilities(facts.status);
  if (effective === undefined) return [];
  const has = (capability: number): boolean => ((effective >> BigInt(capability)) & 1n) === 1n;
  const missing = missingCapabilities(needed, facts.hasCapBpf, has);
  if (missing.length === 0) return [];
  const option = missing.map((name) => name.toLowerCase()).join(",");
  const hints = [
    `Run it as root, or give the process ${listOf(missing)} (setcap ${option}=ep on the node binary, or systemd's AmbientCapabilities=).`,
  ];
  const disabled = facts.unprivilegedBpfDisabled?.trim();
  if (!has(CAP_BPF) && (disabled === "1" || disabled === "2")) {
    hints.push(`kernel.unprivileged_bpf_disabled is ${disabled}: without privileges nothing of bpf() is allowed.`);
  }
  return hints;
}

/** CAP_SYS_ADMIN stands for all of them, and is the only one before there was CAP_BPF (kernel: `bpf_ns_capable`). */
function missingCapabilities(
  needed: readonly Capability[],
  hasCapBpf: boolean,
  has: (capability: number) => boolean,
): string[] {
  if (has(CAP_SYS_ADMIN)) return [];
  if (!hasCapBpf) return ["CAP_SYS_ADMIN"];
  return [
    ...(has(CAP_BPF) ? [] : ["CAP_BPF"]),
    ...(has(CAP_PERFMON) || !needed.includes("CAP_PERFMON") ? [] : ["CAP_PERFMON"]),
    ...(has(CAP_NET_ADMIN) || !needed.includes("CAP_NET_ADMIN") ? [] : ["CAP_NET_ADMIN"]),
  ];
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** Why helpers that read the kernel's memory may be missing: the verifier then doesn't know them. */
export function lockdownHints(lockdown: string | undefined = read("/sys/kernel/security/lockdown")): string[] {
  const mode = /\[(integrity|confidentiality)\]/u.exec(lockdown ?? "")?.[1];
  return mode === undefined ? [] : [`Kernel lockdown is on (${mode}), which comes with Secure Boot and restricts BPF.`];
}

function confinementHints({ status, uidMap, lockdown }: PrivilegeFacts): string[] {
  const hints: string[] = [];
  if (uidMap !== undefined && !/^\s*0\s+0\s+4294967295\s*$/u.test(uidMap)) {
    hints.push("The process is in a user namespace (a rootless container): being root there does not count for bpf().");
  }
  if (/^Seccomp:\s*2$/mu.test(status ?? "")) {
    hints.push(
      "A seccomp filter is active; containers' default filters forbid bpf() (docker run --privileged, or --cap-add).",
    );
  }
  return [...hints, ...lockdownHints(lockdown)];
}

function memlockHints({ limits, memlockCounts }: PrivilegeFacts): string[] {
  const limit = /^Max locked memory\s+(\d+)/mu.exec(limits ?? "")?.[1];
  if (!memlockCounts || limit === undefined) return [];
  return [
    `On this kernel maps and programs count against RLIMIT_MEMLOCK, which is ${limit} bytes and could not be raised: \`ulimit -l unlimited\`, or systemd's LimitMEMLOCK=infinity.`,
  ];
}

function effectiveCapabilities(status: string | undefined): bigint | undefined {
  const match = /^CapEff:\s*([0-9a-f]+)$/mu.exec(status ?? "");
  return match === null ? undefined : BigInt(`0x${match[1] ?? "0"}`);
}

function readFacts(): PrivilegeFacts {
  return {
    status: read("/proc/self/status"),
    uidMap: read("/proc/self/uid_map"),
    limits: read("/proc/self/limits"),
    lockdown: read("/sys/kernel/security/lockdown"),
    unprivilegedBpfDisabled: read("/proc/sys/kernel/unprivileged_bpf_disabled"),
    // Without privileges every probe says no; then the version has to do.
    memlockCounts: !hasFeature("memcg-accounting"),
    hasCapBpf: kernelIsAtLeast([5, 8]),
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not mounted, not readable, or not there on this kernel: then there is nothing to say about it.
    return undefined;
  }
}
