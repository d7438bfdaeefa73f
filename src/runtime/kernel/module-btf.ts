import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Btf } from "../../btf/btf.ts";
import { CoreGenError } from "../../errors.ts";
import { readBtfFile } from "./btf.ts";

const FOLDER = "/sys/kernel/btf";

/**
 * The types of the kernel modules that are loaded now, each on top of the kernel's, `base`; none before Linux 5.11.
 *
 * Read anew at each call: modules come and go. libbpf (`load_module_btfs`) asks bpf() for the same, which takes
 * CAP_SYS_ADMIN; these files take nothing. Throws a `CoreGenError` with code `bad-btf`, or `no-kernel-btf`.
 */
export function moduleBtfs(base: Btf): Btf[] {
  if (!existsSync(FOLDER)) return [];
  const modules = readdirSync(FOLDER).filter((name) => name !== "vmlinux");
  return modules.sort().flatMap((name) => readModule(join(FOLDER, name), base));
}

/** Nothing for a module that was unloaded since the folder was read. */
function readModule(path: string, base: Btf): Btf[] {
  try {
    return [readBtfFile(path, base)];
  } catch (error) {
    if (error instanceof CoreGenError && !existsSync(path)) return [];
    throw error;
  }
}
