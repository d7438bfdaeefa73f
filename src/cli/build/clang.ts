import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CoreGenError } from "../../errors.ts";

/** A C compiler that can compile for BPF. */
export interface Clang {
  readonly path: string;
  /** Its first line of `--version`. */
  readonly version: string;
}

/** The first that keeps CO-RE's builtins: of older ones, types that are only asked for are lost. */
const OLDEST_CLANG = 12;

/**
 * The clang to compile with: the one that is named, else `$CLANG`, else of the PATH `clang`, else its newest `clang-N`.
 *
 * Throws a `CoreGenError` when there is none, or when it is too old or has no BPF in it.
 */
export function findClang(named: string | undefined, env: NodeJS.ProcessEnv = process.env): Clang {
  const path = [named, env["CLANG"]].find(isSaid) ?? clangOfPath(env["PATH"] ?? "");
  if (path === undefined) {
    throw new CoreGenError("bad-input", "looking for clang: there is none on the PATH", {
      hints: [
        "Install it: apt install clang libbpf-dev, dnf install clang libbpf-devel, apk add clang libbpf-dev.",
        "Or name it: --clang PATH, or the environment variable CLANG.",
      ],
    });
  }
  const version = versionOf(path);
  checkTargets(path);
  return { path, version };
}

/** An empty variable is none. */
function isSaid(path: string | undefined): path is string {
  return path !== undefined && path !== "";
}

function clangOfPath(path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const plain = folders.map((folder) => join(folder, "clang")).find(isExecutable);
  if (plain !== undefined) return plain;
  const numbered = folders.flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const [, major] = /^clang-(\d+)$/u.exec(name) ?? [];
      return major === undefined ? [] : [{ file: join(folder, name), major: Number(major) }];
    }),
  );
  return numbered.sort((a, b) => b.major - a.major).find(({ file }) => isExecutable(file))?.file;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the PATH may name folders that are not there
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(path: string): string {
  const { error, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (error !== undefined) {
    throw new CoreGenError("bad-input", `running ${path}: ${error.message}`, { cause: error });
  }
  const [line = ""] = stdout.split("\n");
  // "Debian clang version 19.1.7", "Apple clang version 16.0.0", "clang version 21.0.0git"
  const [, major] = /clang version (\d+)/u.exec(line) ?? [];
  if (major === undefined) {
    throw new CoreGenError("bad-input", `running ${path} --version: this is not clang, it says "${line}"`, {
      hints: ["Of the compilers for BPF only clang writes the CO-RE relocations that core-gen resolves."],
    });
  }
  if (Number(major) < OLDEST_CLANG) {
    throw new CoreGenError("bad-input", `${path} is clang ${major}, and BPF programs need ${OLDEST_CLANG} or newer`);
  }
  return line;
}

/** Apple's clang, for one, has no BPF. */
function checkTargets(path: string): void {
  const { stdout } = spawnSync(path, ["--print-targets"], { encoding: "utf8" });
  if (/^\s*bpf\b/mu.test(stdout)) return;
  throw new CoreGenError("bad-input", `${path} can't compile for BPF: that target was left out of it`, {
    hints: ["On macOS: brew install llvm, and --clang $(brew --prefix llvm)/bin/clang."],
  });
}
