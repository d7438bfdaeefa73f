import { expect, it } from "vitest";
import { versionCodeOf } from "../../src/runtime/kernel/kernel-version.ts";

// libbpf: get_kernel_version, KERNEL_VERSION of linux/version.h.
it.each([
  [undefined, "#1 SMP PREEMPT_DYNAMIC @0", "6.18.44-fc-v669", 0x06122c],
  [undefined, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)", "6.1.0-37-cloud-amd64", 0x06018c],
  ["Ubuntu 5.15.0-91.101-generic 5.15.131\n", "#101-Ubuntu SMP", "5.15.0-91-generic", 0x050f83],
  [undefined, "#1 SMP", "4.14.336-256.557.amzn2.x86_64", 0x040eff],
  [undefined, "", "unknown", 0],
])("the version in %s, %s, %s", (ubuntu, version, release, code) => {
  expect(versionCodeOf({ ubuntu, version, release })).toBe(code);
});
