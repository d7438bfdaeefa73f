import { fileURLToPath } from "node:url";

import { row, takeTurns } from "./compare.ts";
import { newestBpftool, runOf } from "./processes.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * All types of the running kernel as text, JSON and C, as whole processes beside bpftool's, both writing to /dev/null:
 * through a pipe the reader's time would count, too. Needs `npm run build`, and of bpftool the version that writes the same:
 * `npm run referee:build`, or the installed one.
 */
export function benchBtfDump(rounds = 5): void {
  const bpftool = newestBpftool();
  for (const format of ["raw", "json", "c"] as const) {
    const asked = format === "json" ? [] : ["format", format];
    const theirs = [...(format === "json" ? ["-j"] : []), "btf", "dump", "file", KERNEL, ...asked];
    console.log(`btf dump --format ${format}, ${rounds} rounds:`);
    const times = takeTurns(
      new Map([
        ["bpftool", runOf(bpftool, theirs)],
        ["core-gen", runOf(process.execPath, [main, "btf", "dump", KERNEL, "--format", format])],
      ]),
      rounds,
    );
    const base = times.get("bpftool");
    for (const [name, spread] of times) console.log(row(name, spread, "ms", base));
  }
}
