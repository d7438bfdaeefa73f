import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { readBtfOfElf } from "../../src/runtime/kernel/vmlinux-elf.ts";
import type { KernelBtf } from "./kernels.ts";

/** The split BTF of one kernel module. */
export interface ModuleTypes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The types of all modules that test/kernels/kernels.sh has fetched with a kernel; none for 5.10, whose modules have no types. */
export function* moduleTypes(kernel: KernelBtf): Generator<ModuleTypes> {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-modules-"));
  const unpacked = join(folder, "module.ko");
  try {
    for (const path of moduleFiles(join(dirname(kernel.path), "lib", "modules"))) {
      if (path.endsWith(".xz")) writeFileSync(unpacked, execFileSync("xz", ["-dc", path], { maxBuffer: 1 << 28 }));
      const bytes = btfOf(path.endsWith(".xz") ? unpacked : path);
      if (bytes !== undefined) yield { name: basename(path).replace(/\.ko(?:\.xz)?$/u, ""), bytes };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function moduleFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((name) => /\.ko(?:\.xz)?$/u.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function btfOf(path: string): Uint8Array | undefined {
  const file = openSync(path, "r");
  try {
    return readBtfOfElf(file, path);
  } finally {
    closeSync(file);
  }
}
