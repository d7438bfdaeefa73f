import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generateSkeleton } from "../../generator/index.ts";
import { openObject } from "../../object/open.ts";
import { ownVersion } from "../../generator/version.ts";
import { makeFolder } from "../make-folder.ts";
import { writeOutput } from "../write-output.ts";
import { isUpToDate, rememberBuild } from "./build-stamps.ts";
import type { Clang } from "./clang.ts";
import { flagsFor, needsMsExtensions } from "./clang-flags.ts";
import { compile, filesIncludedBy } from "./compile.ts";
import { KernelHeaders } from "./kernel-header.ts";
import type { BuildPaths } from "./sources.ts";
import type { NamedRecords } from "../../object/record-info.ts";
import { finishObject } from "./finish-object.ts";

/** What is the same for all programs of one `core-gen build`. */
export interface BuildSettings {
  readonly clang: Clang;
  /** The user's own flags, behind ours. */
  readonly cflags: readonly string[];
  /** Records by the map's C name, as for `core-gen skel --record`. */
  readonly records: ReadonlyMap<string, NamedRecords>;
  /** Node's name of the machine that the programs are for. */
  readonly arch: string;
  /** Build also what has not changed. */
  readonly force: boolean;
}

/** What came of building one program. */
export interface BuildOutcome {
  /** False when both files were what would have been written. */
  readonly isNew: boolean;
  /** Maps whose records were named, and which the program has; all of them when it was not looked at. */
  readonly records: readonly string[];
  /** For people: what clang warned of was printed already. */
  readonly messages: readonly string[];
}

const kernelHeaders = new KernelHeaders();

/**
 * Compiles one program, and writes its object and its module: both, or none.
 *
 * Throws a `CoreGenError` when clang refuses it (its own words are on standard error then), when the object has no types,
 * or when a file can't be written.
 */
export async function buildSource(paths: BuildPaths, settings: BuildSettings): Promise<BuildOutcome> {
  const identity = identityOf(paths, settings);
  if (!settings.force && isUpToDate(paths, identity))
    return { isNew: false, messages: [], records: [...settings.records.keys()] };
  const plain = [...flagsFor(settings.arch), ...settings.cflags];
  const included = await filesIncludedBy(paths.source, settings.clang, plain);
  const headers = await kernelHeaders.writeMissing(paths.source, included);
  const flags = needsMsExtensions(headers) ? ["-fms-extensions", "-Wno-microsoft-anon-tag", ...plain] : plain;
  const began = Date.now();
  const { object, dependencies } = await compileInFolder(paths.source, settings.clang, flags);
  const records = recordsIn(paths.object, object, settings.records);
  const finished = finishObject(paths.object, object, records);
  const { text, messages } = await generateSkeleton(finished, { fileName: paths.object, records });
  makeFolder(dirname(paths.object));
  writeOutput(paths.object, finished);
  writeOutput(paths.skeleton, text);
  rememberBuild(paths, identity, dependencies, began);
  return { isNew: true, messages, records: [...records.keys()] };
}

/** What is said of maps that the object has: a flag is for all programs that are built together. */
function recordsIn(
  what: string,
  bytes: Uint8Array,
  all: ReadonlyMap<string, NamedRecords>,
): ReadonlyMap<string, NamedRecords> {
  if (all.size === 0) return all;
  const { maps } = openObject(bytes, { what });
  return new Map([...all].filter(([map]) => maps.some(({ name }) => name === map)));
}

/** What decides about the outputs besides the contents of files. */
function identityOf(paths: BuildPaths, { clang, cflags, records, arch }: BuildSettings): string {
  return JSON.stringify([ownVersion(), clang, flagsFor(arch), cflags, records, paths], (_, value: unknown) =>
    value instanceof Map ? [...value] : value,
  );
}

async function compileInFolder(
  source: string,
  clang: Clang,
  flags: readonly string[],
): Promise<{ object: Uint8Array; dependencies: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-build-"));
  try {
    const output = join(folder, "object.o");
    const dependencies = await compile(source, clang, flags, output);
    return { object: readFileSync(output), dependencies };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
