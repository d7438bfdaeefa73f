import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

import { tryPrograms, type ProgramVerdict } from "../../src/cli/try-programs.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { errnoName } from "../../src/runtime/sys/errno.ts";

/*
 * What the running kernel says to every program of real objects, loaded by core-gen and by libbpf, each program as if it
 * were the only one of its object.
 */

const cache = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? homedir(), ".cache");
const referee = join(cache, "core-gen-referee/core-referee-sid");
const corpus = join(cache, "core-gen-corpus/objects");

/** What {@link compareVerdicts} found. */
export interface Comparison {
  /** Programs that both load. */
  readonly ok: number;
  /** What libbpf got for the programs that neither loads: names of error numbers. Where both asked the kernel, both got it. */
  readonly refused: readonly string[];
  /** Programs that core-gen says it can't load yet (code `unsupported`), whatever libbpf does. */
  readonly pending: readonly string[];
  /** Every other difference, a line each. */
  readonly differences: readonly string[];
}

/** Why there is nothing to compare with, or undefined. */
export function verdictsLack(): string | undefined {
  return existsSync(referee) && existsSync(corpus)
    ? undefined
    : "the referee or its corpus is not there: npm run referee:build";
}

/** The corpus: objects of Debian packages; none where it was not fetched. */
export function objectsToCompare(): string[] {
  const files = (existsSync(corpus) ? readdirSync(corpus) : []).filter((name) => name.endsWith(".o"));
  return files.sort().map((name) => join(corpus, name));
}

/** Loads all programs of an object in both ways, and adds up what came of it. */
export function compareVerdicts(path: string): Comparison {
  const [theirs, ours] = [askLibbpf(path), tryOurselves(path)];
  const pending: string[] = [];
  const differences: string[] = [];
  const refused: string[] = [];
  let ok = 0;
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const [their, our] = [theirs.get(name), ours.get(name)];
    const where = `${basename(path)} ${name}`;
    if (our?.error?.code === "unsupported") pending.push(`${where}: ${our.error.message}`);
    else if (their === "ok" && our?.verdict === "ok") ok++;
    else if (their !== "ok" && our?.verdict !== "ok" && isSameReason(their, our)) refused.push(their ?? "nothing");
    else differences.push(`${where}: libbpf says ${their ?? "nothing"}, core-gen says ${inWords(our)}`);
  }
  return { ok, refused, pending, differences };
}

/** What was found out before the kernel was asked has words of its own on each side. */
function isSameReason(their: string | undefined, our: ProgramVerdict | undefined): boolean {
  return our?.error?.errno === undefined || their === our.error.errno;
}

function inWords(our: ProgramVerdict | undefined): string {
  return our === undefined ? "nothing" : (our.error?.message ?? our.verdict);
}

/** libbpf pins maps by name, which takes a bpffs: one of its own, where nothing stays. `core-gen load` doesn't pin them. */
const withBpffs = [
  "--mount",
  "--propagation",
  "private",
  "sh",
  "-c",
  'mount -t bpf none /sys/fs/bpf && exec "$@"',
  "sh",
];

/** By program: "ok", or the name of an error number. An object that can't be opened has no programs. */
function askLibbpf(path: string): Map<string, string> {
  const command = [...withBpffs, referee, "-1", "-r", "-q", path];
  const { stdout, signal, error } = spawnSync("unshare", command, { encoding: "latin1", maxBuffer: 1 << 30 });
  if (error !== undefined) throw error;
  if (signal !== null) throw new Error(`core-referee ${path}: ${signal}`);
  const [, ...alone] = stdout.split(/^only /mu);
  return new Map(
    alone.map((output) => {
      const [name = ""] = output.split("\n", 1);
      const number = /^end \S+-error (\d+)/mu.exec(output)?.[1];
      if (number === undefined && !/^end ok$/mu.test(output)) throw new Error(`core-referee ${path}: no end`);
      return [name, number === undefined ? "ok" : errnoName(Number(number))];
    }),
  );
}

function tryOurselves(path: string): Map<string, ProgramVerdict> {
  try {
    const object = openObject(readFileSync(path), { what: path });
    const tried = tryPrograms(object, { programs: [], log: false }).filter(({ verdict }) => verdict !== "skipped");
    return new Map(tried.map((one) => [one.program, one]));
  } catch (error) {
    // Then it has no programs for us either.
    if (isCoreGenError(error)) return new Map();
    throw error;
  }
}
