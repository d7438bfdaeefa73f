import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Btf } from "../../btf/btf.ts";
import { checkReferences } from "../../btf/check-references.ts";
import { CoreGenError } from "../../errors.ts";
import { readBtfFile, RUNNING_KERNEL } from "../read-btf.ts";

/** How a user names the running kernel. */
export const VMLINUX = "vmlinux";

const KERNEL_TYPES = dirname(RUNNING_KERNEL);

/**
 * The types that a user names: `vmlinux` for the running kernel's, a file, or a loaded module's name.
 *
 * `base` names the types that a module's continue, in the same way. Those below /sys/kernel/btf need none: they are the
 * running kernel's. Throws a `CoreGenError` that says what is wrong, also when some of what they refer to is not there.
 */
export async function readTypes(name: string, base?: string): Promise<Btf> {
  const path = pathOf(name);
  const baseName = base ?? (isLoadedModule(path) ? VMLINUX : undefined);
  const btf = await readBtfFile(path, baseName === undefined ? undefined : await readTypes(baseName));
  checkReferences(btf);
  return btf;
}

function pathOf(name: string): string {
  if (name === VMLINUX) return kernelPath();
  if (name.includes("/") || existsSync(name)) return name;
  // The kernel writes every "-" in a module's name as "_".
  const loaded = `${KERNEL_TYPES}/${name.replaceAll("-", "_")}`;
  if (existsSync(loaded)) return loaded;
  throw new CoreGenError(
    "bad-input",
    `reading the types of ${name}: there is no such file, and no such module is loaded`,
    {
      hints: [
        `A module's types are in its file, too: core-gen btf dump ${name}.ko --base vmlinux`,
        `ls ${KERNEL_TYPES} shows the loaded modules that have types.`,
      ],
    },
  );
}

function kernelPath(): string {
  if (existsSync(RUNNING_KERNEL)) return RUNNING_KERNEL;
  throw new CoreGenError("no-kernel-btf", `reading the types of the running kernel: there is no ${RUNNING_KERNEL}`, {
    hints: [
      "A kernel built with CONFIG_DEBUG_INFO_BTF=y shows its types there.",
      "Name a file instead: a vmlinux, or the kernel's .btf of BTFHub.",
    ],
  });
}

function isLoadedModule(path: string): boolean {
  return dirname(path) === KERNEL_TYPES && basename(path) !== VMLINUX;
}
