import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { BuildPaths } from "./sources.ts";

/** What a build was made from and what it made. */
interface Stamp {
  /** Versions, flags and paths. */
  readonly identity: string;
  /** SHA-256 of each file that was read or written. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Whether the object and the module of `paths` are what a build would write: no file that they were made of and none of
 * them has changed. By contents, not by time: a checkout changes the times.
 */
export function isUpToDate(paths: BuildPaths, identity: string): boolean {
  try {
    // What we wrote ourselves; anything else makes this throw or the comparison fail, and is built anew.
    const stamp = JSON.parse(readFileSync(stampFile(paths), "utf8")) as Stamp;
    return (
      stamp.identity === identity && Object.entries(stamp.files).every(([file, hash]) => hashOfFile(file) === hash)
    );
  } catch {
    return false;
  }
}

/**
 * Keeps for {@link isUpToDate} what a build was made of that began at `began`, in milliseconds since 1970. What can't be
 * kept is built again next time, and so is what was edited meanwhile.
 */
export function rememberBuild(
  paths: BuildPaths,
  identity: string,
  dependencies: readonly string[],
  began: number,
): void {
  try {
    if (dependencies.some((file) => statSync(file).mtimeMs >= began)) return;
    const files = [...dependencies, paths.object, paths.skeleton].map((file) => resolve(file));
    const stamp: Stamp = { identity, files: Object.fromEntries(files.map((file) => [file, hashOfFile(file)])) };
    const path = stampFile(paths);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(stamp));
  } catch {
    return; // a read-only cache, a full disk
  }
}

function stampFile({ object }: BuildPaths): string {
  const path = resolve(object);
  return join(cacheFolder(dirname(path)), `${createHash("sha256").update(path).digest("hex").slice(0, 32)}.json`);
}

/** The project's, where tools of npm keep such things; outside of a project the user's. */
function cacheFolder(folder: string): string {
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(join(above, "node_modules"))) return join(above, "node_modules/.cache/core-gen");
    if (above === dirname(above)) break;
  }
  return join(userCache(), "core-gen/build");
}

function userCache(): string {
  const named = process.env["XDG_CACHE_HOME"] ?? "";
  return named === "" ? join(homedir(), ".cache") : named;
}

function hashOfFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
