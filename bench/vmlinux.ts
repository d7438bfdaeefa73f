import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { row, takeTurns } from "./compare.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");

/**
 * `core-gen vmlinux` beside `bpftool btf dump … format c`, both for the running kernel: whole processes, by turns. Needs
 * `npm run build`, and of bpftool the version that writes the same: `npm run referee:build`, or the installed one.
 */
export function benchVmlinux(rounds = 15): void {
  const newest = join(cache, "core-gen-referee", "bpftool");
  const bpftool = existsSync(newest) ? newest : "bpftool";
  const run =
    (command: string, ...args: string[]) =>
    (): void => {
      execFileSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
    };
  const results = takeTurns(
    new Map([
      ["bpftool btf dump, format c", run(bpftool, "btf", "dump", "file", KERNEL, "format", "c")],
      ["node -e 0", run(process.execPath, "-e", "0")],
      ["core-gen vmlinux", run(process.execPath, cli, "vmlinux")],
    ]),
    rounds,
  );
  const base = results.get("bpftool btf dump, format c");
  console.log(`Writing vmlinux.h, ${rounds} rounds:`);
  for (const [name, spread] of results) console.log(row(name, spread, "ms", base));
}
