import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Btf } from "../btf/btf.ts";
import { CoreGenError, isCoreGenError } from "../errors.ts";
import { isElf } from "../runtime/kernel/elf-file.ts";
import { readBtfOfElf } from "../runtime/kernel/vmlinux-elf.ts";
import { reasonOf } from "./file-errors.ts";

/** Where Linux shows its own types. */
export const RUNNING_KERNEL = "/sys/kernel/btf/vmlinux";

/** BTF, or BTF as BTFHub's archive packs it. */
const BTF_FILE = /\.btf(?:\.tar\.xz)?$/u;

/** What a file of BTF is named for, the kernel's release: "5.4.0-42-generic" of "5.4.0-42-generic.btf.tar.xz". */
export function releaseOf(path: string): string {
  return basename(path).replace(BTF_FILE, "");
}

/**
 * The BTF of a file: raw, or an ELF with a section .BTF (a vmlinux for example), or BTFHub's archive of one file,
 * .btf.tar.xz. Throws a `CoreGenError` that names it.
 */
export async function readBtfFile(path: string): Promise<Btf> {
  const what = path === RUNNING_KERNEL ? "the running kernel" : releaseOf(path);
  const bytes = path.endsWith(".tar.xz")
    ? await (
        await import("./unpack-btf.ts")
      ).unpackBtf(
        path,
        withReason(path, () => readFileSync(path)),
      )
    : withReason(path, () => readTypes(path));
  return Btf.parse(bytes, { what });
}

/** Of an ELF only the section is read: a vmlinux with debug information is hundreds of megabytes. */
function readTypes(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    if (!isElf(file)) return readFileSync(file);
    const section = readBtfOfElf(file, path);
    if (section !== undefined) return section;
  } finally {
    closeSync(file);
  }
  throw new CoreGenError("bad-btf", `reading the types in ${path}: this ELF file has no section .BTF`, {
    hints: [
      "Give raw BTF (/sys/kernel/btf/vmlinux, a file of BTFHub) or a vmlinux built with CONFIG_DEBUG_INFO_BTF=y.",
    ],
  });
}

/**
 * The files that `paths` name, in alphabetical order: files as they are, of folders every .btf and .btf.tar.xz file below
 * them, and what a glob matches. Of a kernel that is there packed and unpacked, the packed file is left out.
 */
export async function findBtfFiles(paths: readonly string[]): Promise<string[]> {
  const files = [];
  for (const path of paths) files.push(...(await filesNamedBy(path)));
  return files;
}

async function filesNamedBy(path: string): Promise<string[]> {
  if (/[*?[{]/u.test(path) && statSync(path, { throwIfNoEntry: false }) === undefined) return matchesOf(path);
  return withReason(path, () => statSync(path)).isDirectory() ? filesIn(path) : [path];
}

/** For globs that no shell has replaced: quoted ones, and those in a package.json that Windows's would not. */
async function matchesOf(pattern: string): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const found = await glob(pattern, { expandDirectories: false });
  if (found.length > 0) return withoutPacked(found);
  throw new CoreGenError("bad-input", `looking for BTF: no file matches ${pattern}`);
}

function filesIn(folder: string): string[] {
  const found = filesBelow(folder).filter((file) => BTF_FILE.test(file));
  if (found.length > 0) return withoutPacked(found);
  throw new CoreGenError(
    "bad-input",
    `looking for BTF in ${folder}: there is no .btf or .btf.tar.xz file in this folder`,
  );
}

function withoutPacked(files: readonly string[]): string[] {
  const all = new Set(files);
  return files.filter((file) => !all.has(file.replace(/\.tar\.xz$/u, "")) || !file.endsWith(".tar.xz")).sort();
}

function withReason<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isCoreGenError(cause)) throw cause;
    throw new CoreGenError("bad-input", `reading ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
