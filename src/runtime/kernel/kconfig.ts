import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CoreGenError } from "../../errors.ts";
import type { KconfigSource } from "../../object/kconfig.ts";
import { hasFeature } from "./features.ts";
import { kernelVersionCode } from "./kernel-version.ts";
import { kernelRelease } from "./release.ts";

/** What the running kernel has for `__kconfig` variables. */
export const runningKconfig: KconfigSource = {
  kernelVersion: kernelVersionCode,
  hasBpfCookie: () => hasFeature("bpf-cookie"),
  hasSyscallWrapper: () => hasFeature("syscall-wrapper"),
  config: () => readConfig([`/boot/config-${kernelRelease()}`, "/proc/config.gz"]),
};

/**
 * The first of these files that there is, unpacked if it is gzip (libbpf: `bpf_object__read_kconfig_file`).
 *
 * Throws a `CoreGenError` with code `kernel` when there is none.
 */
export function readConfig(paths: readonly string[]): { text: string; where: string } {
  for (const where of paths) {
    const bytes = readIfThere(where);
    if (bytes === undefined) continue;
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return { text: (isGzip ? gunzipSync(bytes) : bytes).toString("latin1"), where };
  }
  throw new CoreGenError("kernel", "reading the configuration of the running kernel: it is nowhere to be found", {
    hints: [
      `Looked for: ${paths.join(", ")}.`,
      "Mount /proc, or load the module configs (CONFIG_IKCONFIG_PROC), or install the configuration in /boot.",
    ],
  });
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
