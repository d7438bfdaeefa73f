import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs a command under a kernel with an emulator that is killed by SIGABRT before its first boot, and says what is
 * wrong with the outcome: the machine must be started again, and the command's output and status be those of one run.
 */
export function checkThatCrashesAreSurvived(kernel: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-crash-"));
  try {
    const command = [kernel, "--timeout", "120", "--", "sh", "-c", "echo said once; exit 7"];
    const { stdout, stderr, status } = spawnSync(join(import.meta.dirname, "run-in-kernel"), command, {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folderWithCrashOnce(folder)}:${process.env["PATH"]}` },
    });
    const restarts = stderr.match(/QEMU itself crashed \(status 134\), starting again/gu)?.length;
    if (restarts === 1 && stdout === "said once\n" && status === 7) return [];
    return [`a crash of QEMU is not survived: status ${status}, stdout ${JSON.stringify(stdout)}, stderr ${stderr}`];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** run-in-kernel starts QEMU through timeout(1): this one crashes the first time. */
function folderWithCrashOnce(folder: string): string {
  const script = join(folder, "timeout");
  writeFileSync(
    script,
    `#!/bin/sh
if [ ! -e ${folder}/crashed ]; then touch ${folder}/crashed; kill -ABRT $$; fi
PATH=\${PATH#*:} exec timeout "$@"
`,
  );
  chmodSync(script, 0o755);
  return folder;
}
