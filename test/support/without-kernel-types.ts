import { execFileSync } from "node:child_process";

/**
 * Runs a command in a mount namespace in which the kernel seems to have no types, and returns what it prints. Needs root.
 * Its output is text; a status other than 0 throws.
 */
export function runWithoutKernelTypes(command: readonly string[], { cwd }: { cwd?: string } = {}): string {
  const hide = ["--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'];
  return execFileSync("unshare", [...hide, "sh", ...command], {
    encoding: "utf8",
    ...(cwd === undefined ? {} : { cwd }),
  });
}
