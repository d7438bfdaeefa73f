import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Btf } from "../btf/btf.ts";
import { relocateSplit } from "../btf/relocate-split.ts";
import { CoreGenError, isCoreGenError } from "../errors.ts";
import { isElf, type FileOrBytes } from "../runtime/kernel/elf-file.ts";
import { readBtfSections } from "../runtime/kernel/vmlinux-elf.ts";
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
 * The BTF of a file: raw, or an ELF with a section .BTF (a vmlinux or module for example, also packed with xz), or
 * BTFHub's archive of one file, .btf.tar.xz. Throws a `CoreGenError` that names it.
 *
 * A module's types continue those of `base`. If it has a distilled base of its own (.BTF.base), they are put onto
 * `base`; without one, the distilled base is theirs (libbpf: `btf__parse_split`).
 */
export async function readBtfFile(path: string, base?: Btf): Promise<Btf> {
  const what = path === RUNNING_KERNEL ? "the running kernel" : releaseOf(path);
  const { btf, base: ownBase } = await readTypes(path);
  if (ownBase === undefined) return Btf.parse(btf, base === undefined ? { what } : { what, base });
  const split = Btf.parse(btf, { what, base: Btf.parse(ownBase, { what: `the distilled base of ${what}` }) });
  return base === undefined ? split : relocateSplit(split, base);
}

interface Types {
  readonly btf: Uint8Array;
  readonly base: Uint8Array | undefined;
}

async function readTypes(path: string): Promise<Types> {
  if (!path.endsWith(".xz")) return withReason(path, () => readPlain(path));
  const { decompressXz, unpackBtf } = await import("./unpack-btf.ts");
  const packed = withReason(path, () => readFileSync(path));
  if (path.endsWith(".tar.xz")) return { btf: await unpackBtf(path, packed), base: undefined };
  const bytes = await decompressXz(path, packed);
  return isElf(bytes) ? sectionsOf(path, bytes) : { btf: bytes, base: undefined };
}

/** Of an ELF only the sections are read: a vmlinux with debug information is hundreds of megabytes. */
function readPlain(path: string): Types {
  const file = openSync(path, "r");
  try {
    return isElf(file) ? sectionsOf(path, file) : { btf: readFileSync(file), base: undefined };
  } finally {
    closeSync(file);
  }
}

function sectionsOf(path: string, file: FileOrBytes): Types {
  const { btf, base } = readBtfSections(file, path);
  if (btf !== undefined) return { btf, base };
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
