import { fileURLToPath } from "node:url";

import { row, takeTurns } from "./compare.ts";
import { newestBpftool, runOf } from "./processes.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * `core-gen vmlinux` beside `bpftool btf dump … format c`, both for the running kernel: whole processes, by turns. Needs
 * `npm run build`, and of bpftool the version that writes the same: `npm run referee:build`, or the installed one.
 */
export function benchVmlinux(rounds = 20): void {
  const results = takeTurns(
    new Map([
      ["bpftool btf dump, format c", runOf(newestBpftool(), ["btf", "dump", "file", KERNEL, "format", "c"])],
      ["node -e 0", runOf(process.execPath, ["-e", "0"])],
      ["core-gen vmlinux", runOf(process.execPath, [cli, "vmlinux"])],
    ]),
    rounds,
  );
  const base = results.get("bpftool btf dump, format c");
  console.log(`Writing vmlinux.h, ${rounds} rounds:`);
  for (const [name, spread] of results) console.log(row(name, spread, "ms", base));
}
