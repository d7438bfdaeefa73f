import { existsSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { CoreGenError } from "../../errors.ts";

/** One program to build, and what comes of it. */
export interface BuildPaths {
  /** The C file. */
  readonly source: string;
  /** The compiled object: `prog.bpf.o`. */
  readonly object: string;
  /** The typed module: `prog.skel.ts`. */
  readonly skeleton: string;
}

/**
 * The programs that paths and globs name, each once.
 *
 * Throws a `CoreGenError` for what is not there, for what is no C, and for two sources that would write the same file.
 */
export async function findSources(patterns: readonly string[], outDir: string | undefined): Promise<BuildPaths[]> {
  const files = new Set((await Promise.all(patterns.map(filesOf))).flat());
  const bySkeleton = new Map<string, BuildPaths>();
  for (const source of files) {
    const paths = pathsOf(source, outDir);
    const other = bySkeleton.get(paths.skeleton);
    if (other !== undefined) throw sameOutput(paths, other);
    bySkeleton.set(paths.skeleton, paths);
  }
  return [...bySkeleton.values()];
}

/** A name that is a file's is that file, whatever it looks like: npm scripts quote globs, shells have expanded them. */
async function filesOf(pattern: string): Promise<string[]> {
  if (existsSync(pattern)) return [normalize(pattern)];
  if (!isDynamicPattern(pattern)) throw new CoreGenError("bad-input", `reading ${pattern}: no such file or directory`);
  const found = await glob(pattern, { expandDirectories: false });
  if (found.length > 0) return found.map((file) => normalize(file)).sort();
  throw new CoreGenError("bad-input", `building ${pattern}: no file fits this pattern`);
}

function pathsOf(source: string, outDir: string | undefined): BuildPaths {
  const [, name] = /^(.+?)(?:\.bpf)?\.c$/u.exec(basename(source)) ?? [];
  if (name === undefined) {
    throw new CoreGenError("bad-input", `building ${source}: this is no C file`, {
      hints: ["A program's source is called prog.bpf.c; what is compiled already is for core-gen skel."],
    });
  }
  const folder = outDir ?? dirname(source);
  return { source, object: join(folder, `${name}.bpf.o`), skeleton: join(folder, `${name}.skel.ts`) };
}

function sameOutput({ source, skeleton }: BuildPaths, other: BuildPaths): CoreGenError {
  return new CoreGenError("bad-input", `building ${source}: ${other.source} would be ${skeleton}, too`, {
    hints: ["Give one of them another name, or build them into two folders."],
  });
}
