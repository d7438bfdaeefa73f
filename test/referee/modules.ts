import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { readBtfSections } from "../../src/runtime/kernel/vmlinux-elf.ts";
import type { KernelBtf } from "./kernels.ts";

/** The split BTF of one kernel module. */
export interface ModuleTypes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The types of all modules that test/kernels/kernels.sh has fetched with a kernel; none for 5.10, whose modules have no types. */
export function* moduleTypes(kernel: KernelBtf): Generator<ModuleTypes> {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-modules-"));
  try {
    for (const path of moduleFiles(kernel)) {
      const bytes = readBtfSections(readFileSync(unpackedModule(path, folder)), path).btf;
      if (bytes !== undefined) yield { name: basename(path).replace(/\.ko(?:\.xz)?$/u, ""), bytes };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The modules that were fetched with a kernel, in alphabetical order. */
export function moduleFiles({ path }: KernelBtf): string[] {
  const folder = join(dirname(path), "lib");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ko(?:\.xz)?$/u.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The file of a module, unpacked into a folder where that is needed: bpftool can't. */
export function unpackedModule(file: string, folder: string): string {
  if (!file.endsWith(".xz")) return file;
  const plain = join(folder, "module.ko");
  writeFileSync(plain, execFileSync("xz", ["-dc", file], { maxBuffer: 1 << 30 }));
  return plain;
}
