import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { bpftool } from "../test/referee/referee.ts";
import { row, takeTurns } from "./compare.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * All types of the running kernel as text, JSON and C, as whole processes beside bpftool's. Needs `npm run build` and
 * `npm run referee:build`.
 */
export function benchBtfDump(rounds = 5): void {
  for (const format of ["raw", "json", "c"] as const) {
    const theirs = format === "json" ? ["-j"] : [];
    const asked = format === "json" ? [] : ["format", format];
    const bytes = Buffer.byteLength(ours(format));
    console.log(`btf dump --format ${format}, ${(bytes / 1e6).toFixed(1)} MB, ${rounds} rounds:`);
    const times = takeTurns(
      new Map([
        ["bpftool", () => void bpftool(...theirs, "btf", "dump", "file", KERNEL, ...asked)],
        ["core-gen", () => void ours(format)],
      ]),
      rounds,
    );
    const [bpftoolTimes, oursTimes] = [times.get("bpftool")!, times.get("core-gen")!];
    console.log(row("bpftool", bpftoolTimes, "ms"));
    console.log(row("core-gen", oursTimes, "ms", bpftoolTimes));
  }
}

function ours(format: string): string {
  const args = [main, "btf", "dump", KERNEL, "--format", format];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
