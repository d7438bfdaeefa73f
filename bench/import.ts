import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { row, spreadOf } from "./compare.ts";

/** What `import("core-gen/runtime")` costs in a fresh process: milliseconds, and resident memory. Needs `npm run build`. */
export function benchImport(rounds = 11): void {
  const entry = new URL("../dist/runtime/index.js", import.meta.url).href;
  const script = `
    const before = process.memoryUsage.rss(), start = performance.now();
    await import(${JSON.stringify(entry)});
    console.log(JSON.stringify({ ms: performance.now() - start, mb: (process.memoryUsage.rss() - before) / 2 ** 20 }));`;
  const runs = Array.from({ length: rounds }, () => {
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    });
    // What the script above prints.
    return JSON.parse(output) as { ms: number; mb: number };
  });
  console.log(`import("core-gen/runtime"), ${rounds} fresh processes:`);
  console.log(row("time", spreadOf(runs.map(({ ms }) => ms)), "ms"));
  console.log(row("resident memory", spreadOf(runs.map(({ mb }) => mb)), "MB"));
}
