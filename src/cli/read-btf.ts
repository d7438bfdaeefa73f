import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Btf } from "../btf/btf.ts";
import { CoreGenError, isCoreGenError } from "../errors.ts";
import { isElf, readBtfOfElf } from "../runtime/kernel/vmlinux-elf.ts";
import { reasonOf } from "./file-errors.ts";

/** Where Linux shows its own types. */
export const RUNNING_KERNEL = "/sys/kernel/btf/vmlinux";

/** The BTF of a file: raw, or an ELF with a section .BTF, a vmlinux for example. Throws a `CoreGenError` that names it. */
export function readBtfFile(path: string): Btf {
  const what = path === RUNNING_KERNEL ? "the running kernel" : basename(path).replace(/\.btf$/u, "");
  return Btf.parse(
    withReason(path, () => readTypes(path)),
    { what },
  );
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

/** The files that `paths` name: files as they are, of folders every .btf file below them, in alphabetical order. */
export function findBtfFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!withReason(path, () => statSync(path)).isDirectory()) return [path];
    const found = filesBelow(path).filter((file) => file.endsWith(".btf"));
    if (found.length > 0) return found.sort();
    throw new CoreGenError("bad-input", `looking for BTF in ${path}: there is no .btf file in this folder`, {
      hints: ["Archives of BTFHub have to be unpacked: tar -xJf 5.10.0-1.btf.tar.xz"],
    });
  });
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
