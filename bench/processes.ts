import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");

/** The one that `npm run referee:build` has fetched, or the installed one. */
export function newestBpftool(): string {
  const newest = join(cache, "core-gen-referee", "bpftool");
  return existsSync(newest) ? newest : "bpftool";
}

/** Runs a program that writes to /dev/null. */
export function runOf(command: string, args: readonly string[]): () => void {
  return () => {
    execFileSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
  };
}
