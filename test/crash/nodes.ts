import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";

/** One version of Node. */
export interface NodeBinary {
  readonly path: string;
  /** "v22.23.3". */
  readonly version: string;
}

/** The versions to test on: those of CORE_GEN_NODES, paths with ":" between them as fetch-nodes prints them; else this one. */
export function nodeBinaries(): NodeBinary[] {
  const list = process.env["CORE_GEN_NODES"] ?? "";
  const paths = list.split(delimiter).filter((path) => path !== "");
  if (paths.length === 0) return [{ path: process.execPath, version: process.version }];
  return paths.map((path) => ({ path, version: versionOf(path) }));
}

function versionOf(path: string): string {
  const { stdout, status, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`CORE_GEN_NODES: ${path} can't be run: ${error?.message ?? `status ${status}`}`);
  return stdout.trim();
}
