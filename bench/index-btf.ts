import { execFileSync } from "node:child_process";

import { row, spreadOf, takeTurns } from "./compare.ts";
import { bundleOurs, compileTheirs, withBenchFolder } from "./side-by-side.ts";

const names = ["task_struct", "file", "sock", "sk_buff", "dentry", "inode", "cred", "mm_struct", "net_device", "bio"];
const WARM_ROUNDS = 15;
const MB = 2 ** 20;

/**
 * Parsing the running kernel's BTF and finding ten structs in it beside libbpf (`btf__parse`, `btf__find_by_name_kind`):
 * as whole processes (cold), and over and over in one process (warm). And how much memory that holds. Needs gcc and
 * `npm run referee:build`.
 */
export function benchIndex(rounds = 7): void {
  withBenchFolder((folder) => {
    const theirs = compileTheirs("index-btf", folder);
    const once = bundleOurs("index-btf", folder);
    const ours = ["--expose-gc", once, "read"];
    const mapped = ["--expose-gc", once, "mapped"];
    const cold = takeTurns(
      new Map([
        ["libbpf", () => void execFileSync(theirs, ["1", ...names])],
        ["core-gen", () => void execFileSync(process.execPath, [...ours, "1", ...names])],
        ["node -e 0", () => void execFileSync(process.execPath, ["-e", "0"])],
      ]),
      rounds,
    );
    const warm = warmSpread(linesOf(theirs, [], WARM_ROUNDS));
    const oursWarm = warmSpread(linesOf(process.execPath, ours, WARM_ROUNDS).slice(0, -1));
    const mappedWarm = warmSpread(linesOf(process.execPath, mapped, WARM_ROUNDS).slice(0, -1));
    // A process of its own: what the rounds left behind is given back late.
    const [bytes = 0, size = 1] = linesOf(process.execPath, ours, 0)[0]!.split(" ").map(Number);
    console.log(
      `Index this kernel's BTF (${(size / MB).toFixed(1)} MB) and find ${names.length} structs, ${rounds} cold rounds:`,
    );
    for (const [name, spread] of cold) console.log(row(`${name}, a process`, spread, "ms", cold.get("libbpf")));
    console.log(row("libbpf, in one process", warm, "ms"));
    console.log(row("core-gen/btf, in one process", oursWarm, "ms", warm));
    console.log(row("core-gen/runtime, in one process", mappedWarm, "ms", warm));
    console.log(
      `  memory held: ${(bytes / MB).toFixed(1)} MB, ${(bytes / size).toFixed(2)} x the file, itself included`,
    );
  });
}

function linesOf(command: string, args: readonly string[], rounds: number): string[] {
  const output = execFileSync(command, [...args, `${rounds}`, ...names], { encoding: "utf8" });
  return output.trim().split("\n");
}

/** The rounds but for the first: it is what cold is about. */
function warmSpread(nanoseconds: readonly string[]): ReturnType<typeof spreadOf> {
  return spreadOf(nanoseconds.slice(1).map((line) => Number(line) / 1e6));
}
