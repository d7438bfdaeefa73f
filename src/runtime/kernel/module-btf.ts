import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Btf } from "../../btf/btf.ts";
import type { ModuleTypes } from "../../co-re/kernel-types.ts";
import { CoreGenError } from "../../errors.ts";
import { readBtfFile } from "./btf.ts";

const FOLDER = "/sys/kernel/btf";

/**
 * The types of the kernel modules that are loaded now, each on top of the kernel's, `base`; none before Linux 5.11.
 *
 * Read anew at each call: modules come and go. libbpf (`load_module_btfs`) asks bpf() for the same, which takes
 * CAP_SYS_ADMIN; these files take nothing. A module whose types can't be read is left out with a warning of the process:
 * Ubuntu shipped one of 24 bytes, sha1_ssse3's, and it must not stop programs that need nothing of it.
 */
export function readModules(base: Btf): ModuleTypes[] {
  if (!existsSync(FOLDER)) return [];
  const modules = readdirSync(FOLDER).filter((name) => name !== "vmlinux");
  return modules.sort().flatMap((name) => readModule(name, base));
}

function readModule(name: string, base: Btf): ModuleTypes[] {
  const path = join(FOLDER, name);
  try {
    return [{ name, types: readBtfFile(path, base) }];
  } catch (error) {
    if (!(error instanceof CoreGenError)) throw error;
    // Unloaded since the folder was read: nothing to warn of.
    if (existsSync(path)) process.emitWarning(`core-gen leaves out the types of a kernel module: ${error.message}`);
    return [];
  }
}
