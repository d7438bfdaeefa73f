import { readFileSync } from "node:fs";
import { hasFeature } from "./features.ts";
import { kernelIsAtLeast } from "./release.ts";

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

/** Why the kernel may have refused with EPERM or EACCES, as far as this process can see: one sentence each. */
export function permissionHints(facts: PrivilegeFacts = readFacts()): string[] {
  return [...capabilityHints(facts), ...confinementHints(facts), ...memlockHints(facts)];
}

function capabilityHints(facts: PrivilegeFacts): string[] {
  const effective = effectiveCapabilities(facts.status);
  if (effective === undefined) return [];
  const has = (capability: number): boolean => ((effective >> BigInt(capability)) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN) || (facts.hasCapBpf && has(CAP_BPF) && has(CAP_PERFMON))) return [];
  const missing = facts.hasCapBpf ? "CAP_BPF and CAP_PERFMON" : "CAP_SYS_ADMIN";
  const option = facts.hasCapBpf ? "cap_bpf,cap_perfmon" : "cap_sys_admin";
  const hints = [
    `Run it as root, or give the process ${missing} (setcap ${option}=ep on the node binary, or systemd's AmbientCapabilities=).`,
  ];
  const disabled = facts.unprivilegedBpfDisabled?.trim();
  if (disabled === "1" || disabled === "2") {
    hints.push(`kernel.unprivileged_bpf_disabled is ${disabled}: without privileges nothing of bpf() is allowed.`);
  }
  return hints;
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
  const mode = /\[(integrity|confidentiality)\]/u.exec(lockdown ?? "")?.[1];
  if (mode !== undefined)
    hints.push(`Kernel lockdown is on (${mode}), which comes with Secure Boot and restricts BPF.`);
  return hints;
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
