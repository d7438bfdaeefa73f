import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { row, takeTurns } from "./compare.ts";

const file = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** `core-gen skel` beside `bpftool gen skeleton`: whole processes, by turns. Needs `npm run build` and bpftool. */
export function benchSkel(rounds = 15): void {
  const object = file("examples/execsnoop/execsnoop.bpf.o");
  const run =
    (command: string, ...args: string[]) =>
    (): void => {
      execFileSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
    };
  const results = takeTurns(
    new Map([
      ["bpftool gen skeleton", run("bpftool", "gen", "skeleton", object)],
      ["node -e 0", run(process.execPath, "-e", "0")],
      ["core-gen skel", run(process.execPath, file("dist/cli/main.js"), "skel", object)],
    ]),
    rounds,
  );
  const base = results.get("bpftool gen skeleton");
  console.log(`Generating the skeleton of execsnoop, ${rounds} rounds:`);
  for (const [name, spread] of results) console.log(row(name, spread, "ms", base));
}
