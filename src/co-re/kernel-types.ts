import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import type { BtfKind } from "../btf/types.ts";
import type { RelocationTargets } from "./candidates.ts";

/** The types of one module that is loaded, on top of the kernel's. */
export interface ModuleTypes {
  /** As lsmod calls it: "nf_conntrack". */
  readonly name: string;
  readonly types: Btf;
}

/** What a running kernel has: functions and variables with their types. */
export interface KernelTypes {
  readonly vmlinux: Btf;
  /** In the order in which they are asked. A getter, where reading them is work: most programs get by without. */
  readonly modules: readonly ModuleTypes[];
}

/** A function, variable or type of the kernel. */
export interface FoundType {
  readonly types: Btf;
  readonly id: number;
  /** Undefined for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/** The first of this name and kind: in the kernel, or else in its modules (libbpf: `find_ksym_btf_id`). */
export function findInKernel(kernel: KernelTypes, name: string, kind: BtfKind): FoundType | undefined {
  const id = kernel.vmlinux.find(name, kind);
  if (id !== undefined) return { types: kernel.vmlinux, id, module: undefined };
  for (const module of kernel.modules) {
    const own = findInModule(module, name, kind);
    if (own !== undefined) return own;
  }
  return undefined;
}

/** One of a module's own types. */
export function findInModule(module: ModuleTypes, name: string, kind: BtfKind): FoundType | undefined {
  const { types } = module;
  for (const id of types.ownEssential(essentialName(name)))
    if (types.kind(id) === kind && types.name(id) === name) return { types, id, module };
  return undefined;
}

/** The names of all of one kind that begin with `prefix`, without it. */
export function namesOfKind(types: readonly Btf[], kind: BtfKind, prefix = ""): string[] {
  return types.flatMap((btf) =>
    btf
      .ownOfKind(kind)
      .map((id) => btf.name(id))
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length)),
  );
}

/** The same as what is relocated against; modules are read only if they are asked for. */
export function relocationTargets(kernel: KernelTypes): RelocationTargets {
  return {
    get vmlinux() {
      return kernel.vmlinux;
    },
    get modules() {
      return kernel.modules.map(({ types }) => types);
    },
  };
}

/** The module whose types these are; undefined for the kernel's own. */
export function moduleWith(kernel: KernelTypes, types: Btf): ModuleTypes | undefined {
  return types === kernel.vmlinux ? undefined : kernel.modules.find((module) => module.types === types);
}
