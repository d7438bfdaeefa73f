import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { Btf } from "../../btf/btf.ts";
import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { mapMemory } from "../sys/mmap.ts";
import { kernelRelease } from "./release.ts";
import { isElf } from "./elf-file.ts";
import { readBtfSections } from "./vmlinux-elf.ts";

const SYSFS = "/sys/kernel/btf/vmlinux";

const parsed = new Map<string, Btf>();

/** How {@link kernelBtf} finds the types. */
export interface KernelBtfOptions {
  /** A file to read instead of the running kernel's: raw BTF, or an ELF file with a section `.BTF`. */
  readonly path?: string;
}

/**
 * The types of the running kernel, read at the first call and kept.
 *
 * They are in /sys/kernel/btf/vmlinux, or else in one of the places where distributions put an uncompressed kernel
 * (libbpf: `btf__load_vmlinux_btf`). Throws a `CoreGenError` with code `no-kernel-btf` when there are none.
 */
export function kernelBtf(options: KernelBtfOptions = {}): Btf {
  const key = options.path ?? "";
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const btf = options.path === undefined ? findKernelBtf() : readBtfFile(options.path);
  parsed.set(key, btf);
  return btf;
}

/** Where a kernel of this release may have its types: libbpf's list, in its order. */
export function kernelBtfPaths(release: string): string[] {
  return [
    SYSFS,
    `/boot/vmlinux-${release}`,
    `/lib/modules/${release}/vmlinux-${release}`,
    `/lib/modules/${release}/build/vmlinux`,
    `/usr/lib/modules/${release}/kernel/vmlinux`,
    `/usr/lib/debug/boot/vmlinux-${release}`,
    `/usr/lib/debug/boot/vmlinux-${release}.debug`,
    `/usr/lib/debug/lib/modules/${release}/vmlinux`,
  ];
}

function findKernelBtf(): Btf {
  const release = kernelRelease();
  const problems: string[] = [];
  for (const path of kernelBtfPaths(release)) {
    try {
      return readBtfFile(path);
    } catch (error) {
      if (!isCoreGenError(error)) throw error;
      // A place where there is nothing needs no words of its own.
      problems.push(error.cause === undefined ? error.message : path);
    }
  }
  throw new CoreGenError("no-kernel-btf", `looking for the types of the running kernel (${release}): none found`, {
    hints: [
      `Looked for: ${problems.join("; ")}.`,
      "The kernel must be built with CONFIG_DEBUG_INFO_BTF=y: most distributions do since Linux 5.4 to 5.10.",
      "Or set CORE_GEN_BTF to a file with the types of exactly this kernel: BTFHub has them for many distributions.",
    ],
  });
}

/** Reads the types in one file, which continue those of `base`. Throws a `CoreGenError` with code `no-kernel-btf` or `bad-btf`. */
export function readBtfFile(path: string, base?: Btf): Btf {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw new CoreGenError("no-kernel-btf", `reading kernel types: ${path} can't be opened: ${messageOf(cause)}`, {
      cause,
    });
  }
  try {
    const bytes = isElf(file) ? readBtfSections(file, path).btf : readRaw(file, path);
    if (bytes === undefined) throw new CoreGenError("no-kernel-btf", `${path} has no section .BTF`);
    return Btf.parse(bytes, base === undefined ? { what: path } : { what: path, base });
  } finally {
    closeSync(file);
  }
}

/** Mapping takes a hundredth of the time of reading. Only newer kernels can map the file in sysfs (about 6.16). */
function readRaw(file: number, path: string): Uint8Array {
  const length = fstatSync(file).size;
  if (path === SYSFS && length > 0) {
    try {
      return mapMemory({ number: file }, { length, offset: 0, writable: false, private: true, what: path }).bytes;
    } catch (error) {
      if (!isCoreGenError(error)) throw error;
    }
  }
  return readFileSync(file);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
