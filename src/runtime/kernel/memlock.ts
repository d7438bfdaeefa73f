import { withAddress } from "../sys/bpf.ts";
import { libc } from "../sys/libc.ts";
import { hasFeature } from "./features.ts";

const RLIMIT_MEMLOCK = 8;

let raised = false;

/**
 * Lifts the limit on locked memory of this process, on kernels that count maps and programs against it (before 5.11).
 *
 * Does nothing on others and from the second call on. A limit that can't be lifted is no error yet: what is loaded may
 * fit (libbpf: `bump_rlimit_memlock`).
 */
export function raiseMemlockIfCounted(): void {
  if (raised || hasFeature("memcg-accounting")) return;
  raised = true;
  // struct rlimit { soft, hard }, both RLIM_INFINITY: all bits set.
  withAddress(new Uint8Array(16).fill(0xff), (address) => libc().setrlimit(RLIMIT_MEMLOCK, address));
}
