import type { MapTypeName, ProgramTypeName } from "../../object/bpf-enums.ts";
import { CALL, EXIT, type Insn } from "../../object/insn/insn.ts";
import { EINVAL, ENOTSUPP } from "../sys/errno.ts";
import { libc } from "../sys/libc.ts";
import { kernelVersionCode } from "./kernel-version.ts";
import { rawBtf, SPIN_LOCK } from "./probe-btf.ts";
import { insn, RETURN_0, succeeds, tryBtf, tryMap, tryProgram, withProbe, type ProgramTrial } from "./probe-load.ts";

const BPF_F_SLEEPABLE = 1 << 4;
const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 0x400;

/** Tries whether the kernel loads programs of a type (libbpf: `libbpf_probe_bpf_prog_type`). */
export function programTypeLoads(type: ProgramTypeName): boolean {
  switch (type) {
    case "unspec":
      return false;
    case "struct_ops":
      // Without a type to implement, the kernel says so with this number, and has the kind of program.
      return tryProgram(type, RETURN_0) === -ENOTSUPP;
    case "tracing":
    case "lsm":
      return refusal(type, "attach_btf_id 1 is not a function");
    case "ext":
      return refusal(type, "Cannot replace kernel functions");
    default:
      return succeeds(tryProgram(type, RETURN_0, needs(type)));
  }
}

/** It can't be loaded without something to attach to: what the verifier says shows that it knows the kind. */
function refusal(type: "tracing" | "lsm" | "ext", text: string): boolean {
  const log = new Uint8Array(4096);
  const trial = { ...needs(type), attachBtfId: 1, log };
  return tryProgram(type, RETURN_0, trial) === -EINVAL && Buffer.from(log).includes(text);
}

/** What a kind of program can't be loaded without. */
function needs(type: ProgramTypeName): ProgramTrial {
  switch (type) {
    case "cgroup_sock_addr":
      return { attachType: "cgroup_inet4_connect" };
    case "cgroup_sockopt":
      return { attachType: "cgroup_getsockopt" };
    case "sk_lookup":
      return { attachType: "sk_lookup" };
    case "lirc_mode2":
      return { attachType: "lirc_mode2" };
    case "netfilter":
      return { attachType: "netfilter" };
    case "tracing":
      return { attachType: "trace_fentry" };
    case "lsm":
      return { attachType: "modify_return" };
    case "kprobe":
      return { kernelVersion: kernelVersionCode() };
    case "syscall":
      return { flags: BPF_F_SLEEPABLE };
    default:
      return {};
  }
}

/** Programs that can't be loaded just so, and tell nothing of helpers therefore. */
export const tellsNoHelpers: readonly ProgramTypeName[] = ["unspec", "tracing", "ext", "lsm", "struct_ops"];

/**
 * Tries whether programs of a type that the kernel has may call a helper (libbpf: `libbpf_probe_bpf_helper`). A helper
 * that is there wants arguments, and complains of something else.
 */
export function helperWorks(type: ProgramTypeName, helper: number): boolean {
  const log = new Uint8Array(4096);
  const code: Insn[] = [insn(CALL, 0, 0, 0, helper), insn(EXIT)];
  if (succeeds(tryProgram(type, code, { ...needs(type), log }))) return true;
  const text = Buffer.from(log).toString("latin1");
  return !/invalid func |unknown func |program of this type cannot use helper /u.test(text);
}

/** Tries whether the kernel creates maps of a type (libbpf: `libbpf_probe_bpf_map_type`). */
export function mapTypeWorks(type: MapTypeName): boolean {
  switch (type) {
    case "unspec":
      return false;
    case "stack_trace":
      return succeeds(tryMap(type, { valueSize: 8 }));
    case "lpm_trie":
      return succeeds(tryMap(type, { keySize: 8, valueSize: 8, flags: BPF_F_NO_PREALLOC }));
    case "rhash":
      return succeeds(tryMap(type, { flags: BPF_F_NO_PREALLOC }));
    case "cgroup_storage":
    case "percpu_cgroup_storage":
      // struct bpf_cgroup_storage_key
      return succeeds(tryMap(type, { keySize: 16, valueSize: 8, maxEntries: 0 }));
    case "queue":
    case "stack":
    case "bloom_filter":
      return succeeds(tryMap(type, { keySize: 0 }));
    case "ringbuf":
    case "user_ringbuf":
      return succeeds(tryMap(type, { keySize: 0, valueSize: 0, maxEntries: libc().pageSize }));
    case "arena":
      return succeeds(tryMap(type, { keySize: 0, valueSize: 0, flags: BPF_F_MMAPABLE }));
    case "insn_array":
      // struct bpf_insn_array_value
      return succeeds(tryMap(type, { valueSize: 16 }));
    case "sk_storage":
    case "inode_storage":
    case "task_storage":
    case "cgrp_storage":
      return storageWorks(type);
    case "struct_ops":
      // The type with this number is no struct of operations: so says only a kernel that has such maps.
      return tryMap(type, { vmlinuxValueTypeId: 1 }) === -ENOTSUPP;
    case "array_of_maps":
    case "hash_of_maps":
      return withProbe(tryMap("hash", {}), (innerMap) => succeeds(tryMap(type, { innerMap })));
    default:
      return succeeds(tryMap(type, {}));
  }
}

/** Storage has a type, with a lock in it. */
function storageWorks(type: MapTypeName): boolean {
  return withProbe(tryBtf(rawBtf(SPIN_LOCK.words, SPIN_LOCK.names)), (btf) => {
    const types = { number: btf.number, keyTypeId: SPIN_LOCK.int, valueTypeId: SPIN_LOCK.value };
    return succeeds(tryMap(type, { valueSize: 8, maxEntries: 0, flags: BPF_F_NO_PREALLOC, btf: types }));
  });
}
