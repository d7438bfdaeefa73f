import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The package as a user gets it: packed, and unpacked below a `node_modules` folder of its own. */
export interface InstalledPackage {
  /** A user's project: what is written here imports "core-gen" from its node_modules. */
  readonly project: string;
  /** `project`/node_modules/core-gen. */
  readonly folder: string;
  readonly remove: () => void;
}

/**
 * Builds, packs and installs the package. The project lies below this checkout's node_modules, where Node finds the
 * package's dependencies without a download.
 */
export function installPackage(): InstalledPackage {
  run("npm", ["run", "--silent", "build"]);
  const cache = join(root, "node_modules/.cache/core-gen");
  mkdirSync(cache, { recursive: true });
  const project = mkdtempSync(join(cache, "project-"));
  const folder = join(project, "node_modules/core-gen");
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project])) as [
    { filename: string },
  ];
  run("tar", ["-xzf", join(project, packed.filename), "-C", folder, "--strip-components=1"]);
  return { project, folder, remove: () => rmSync(project, { recursive: true }) };
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stdout + stderr}`);
  return stdout;
}
