import { statSync } from "node:fs";
import { Btf } from "../../btf/btf.ts";
import type { RelocationTargets } from "../../co-re/candidates.ts";
import { CoreGenError } from "../../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { kernelBtf } from "./btf.ts";
import { findInFolder } from "./btf-folder.ts";
import { machineName } from "./machine-name.ts";
import { readModules } from "./module-btf.ts";
import { kernelRelease } from "./release.ts";

const VARIABLE = "CORE_GEN_BTF";

/** Types of some kernels that a skeleton carries: `core-gen skel --min-btf`. */
export interface CarriedTypes {
  /** The kernels that they are of: "5.4.0-42-generic", or "x86_64/5.4.0-42-generic" for those of one architecture. */
  readonly kernels: readonly string[];
  /** Raw BTF. */
  readonly btf: () => Uint8Array;
}

/** Where to look besides the running kernel. */
export interface TargetSettings {
  /** A file or a folder, instead of the kernel's own types and of what CORE_GEN_BTF names. */
  readonly btfPath?: string | undefined;
  /** For kernels that have no types of their own. */
  readonly carried?: readonly CarriedTypes[] | undefined;
  /** Instead of all that. */
  readonly kernelBtf?: (() => Btf) | undefined;
}

/**
 * The types to relocate against: those that `btfPath` or else the environment variable CORE_GEN_BTF names, or else the
 * running kernel's with its modules', or else those that the skeleton carries for this release. Nothing is read before
 * it is needed.
 *
 * A path names a file (BTF, or an ELF file with .BTF), or a folder with one for this kernel ({@link findInFolder}).
 * Such types are for relocation alone, and no module adds to them (libbpf: `btf_custom_path`): what programs attach to is
 * looked up in the kernel's own. Reading them throws a `CoreGenError` with code `no-kernel-btf` or `bad-btf`.
 */
export function targetTypes({ btfPath, carried = [], kernelBtf: given }: TargetSettings): RelocationTargets {
  const named = btfPath === undefined ? fromEnvironment() : { path: btfPath, by: "btfPath" };
  if (given !== undefined) return lazily(given);
  return named === undefined
    ? lazily(
        () => kernelOrCarried(carried),
        () => readModules(kernelBtf()).map(({ types }) => types),
      )
    : lazily(() => readNamed(named));
}

function lazily(readVmlinux: () => Btf, readModules: () => Btf[] = (): Btf[] => []): RelocationTargets {
  let vmlinux: Btf | undefined;
  let modules: Btf[] | undefined;
  return {
    get vmlinux() {
      return (vmlinux ??= readVmlinux());
    },
    get modules() {
      return (modules ??= readModules());
    },
  };
}

/** A path, and what it was named by. */
interface Named {
  readonly path: string;
  readonly by: string;
}

function fromEnvironment(): Named | undefined {
  const path = process.env[VARIABLE];
  return path === undefined || path === "" ? undefined : { path, by: VARIABLE };
}

function readNamed({ path, by }: Named): Btf {
  try {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return checkedByteOrder(kernelBtf({ path: isFolder ? findInFolder(path) : path }));
  } catch (cause) {
    if (!(cause instanceof CoreGenError)) throw cause;
    const hints = [...cause.hints, `${by} is set to ${path}: correct it, or unset it to use the kernel's own types.`];
    throw new CoreGenError(cause.code, `reading the types that ${by} names: ${cause.message}`, { hints, cause });
  }
}

/** Relocated against another machine's types, programs would load and read nonsense. */
function checkedByteOrder(btf: Btf): Btf {
  if (btf.littleEndian === hostIsLittleEndian) return btf;
  const [is, needed] = hostIsLittleEndian ? ["big", "little"] : ["little", "big"];
  throw new CoreGenError(
    "bad-input",
    `${btf.what} has the types of a ${is}-endian machine, and this is a ${needed}-endian one`,
    { hints: [`What loads programs for this kernel needs the types of a kernel for ${machineName()}.`] },
  );
}

function kernelOrCarried(carried: readonly CarriedTypes[]): Btf {
  try {
    return kernelBtf();
  } catch (cause) {
    if (!(cause instanceof CoreGenError) || cause.code !== "no-kernel-btf" || carried.length === 0) throw cause;
    const release = kernelRelease();
    const names = [`${machineName()}/${release}`, release];
    const found = carried.find(({ kernels }) => kernels.some((kernel) => names.includes(kernel)));
    if (found !== undefined) return Btf.parse(found.btf(), { what: `the types of ${release} in the skeleton` });
    const there = carried.flatMap(({ kernels }) => kernels);
    const hints = [...cause.hints, `The skeleton carries types of ${listOf(there)}, and none of ${names[0]}.`];
    throw new CoreGenError(cause.code, cause.message, { hints, cause });
  }
}

function listOf(kernels: readonly string[]): string {
  const more = kernels.length > 5 ? ` and ${kernels.length - 5} others` : "";
  return `${kernels.slice(0, 5).join(", ")}${more}`;
}
