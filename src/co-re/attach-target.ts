import type { Btf } from "../btf/btf.ts";
import type { BtfKind } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import type { SectionDef } from "../object/sections.ts";
import type { BpfProgram } from "../object/model.ts";
import { nearNames } from "../object/near-names.ts";
import { findInKernel, findInModule, namesOfKind, type KernelTypes, type ModuleTypes } from "./kernel-types.ts";

/** How the kernel calls, in its types, what programs of one attach type attach to (libbpf: `btf_get_kernel_prefix_kind`). */
function prefixAndKind(def: SectionDef): readonly [prefix: string, kind: BtfKind] {
  switch (def.attachTypeName) {
    case "trace_raw_tp":
      return ["btf_trace_", "typedef"];
    case "lsm_mac":
    case "lsm_cgroup":
      return ["bpf_lsm_", "func"];
    case "trace_iter":
      return ["bpf_iter_", "func"];
    default:
      return ["", "func"];
  }
}

/** What there is one of, in words. */
function wordFor(def: SectionDef): string {
  switch (def.attachTypeName) {
    case "trace_raw_tp":
      return "tracepoint";
    case "lsm_mac":
    case "lsm_cgroup":
      return "security hook";
    case "trace_iter":
      return "iterator";
    default:
      return "function";
  }
}

/** What a program attaches to, of the kernel or of a module. */
export interface AttachTarget {
  readonly id: number;
  /** Undefined for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/**
 * What the section of a program names, or else `name` of the user's: in the kernel's types or else in a module's, or
 * only there where the name has the module in front, "veth:veth_xmit" (libbpf: `find_kernel_btf_id`).
 *
 * Throws a `CoreGenError` with code `bad-input` and near names when the kernel has nothing of that name.
 */
export function findAttachTarget(
  program: BpfProgram,
  def: SectionDef,
  kernel: KernelTypes,
  name: string = def.extra,
): AttachTarget {
  const [prefix, kind] = prefixAndKind(def);
  const found = search(kernel, name, prefix, kind);
  if (found !== undefined) return found;
  const { btfs, where } = placesOf(kernel, name);
  const word = wordFor(def);
  const near = nearNames(withoutModule(name), namesOfKind(btfs, kind, prefix));
  const whose = name === def.extra ? `SEC("${program.section}")` : "its attachTarget";
  throw new CoreGenError(
    "bad-input",
    `loading program "${program.name}": ${where} has no ${word} "${withoutModule(name)}", which ${whose} names`,
    {
      hints: [
        ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
        ...(kind === "func" ? ["It may be in a module, or inlined, or static and renamed by the compiler."] : []),
      ],
    },
  );
}

function search(kernel: KernelTypes, name: string, prefix: string, kind: BtfKind): AttachTarget | undefined {
  const moduleName = moduleOf(name);
  const wanted = prefix + withoutModule(name);
  if (moduleName === undefined) return findInKernel(kernel, wanted, kind);
  if (moduleName === VMLINUX) return findInKernel({ vmlinux: kernel.vmlinux, modules: [] }, wanted, kind);
  const module = kernel.modules.find((one) => one.name === moduleName);
  return module && findInModule(module, wanted, kind);
}

/** Where a name was to be found, and what that is in words. */
function placesOf(kernel: KernelTypes, name: string): { btfs: Btf[]; where: string } {
  const moduleName = moduleOf(name);
  const all = [kernel.vmlinux, ...kernel.modules.map(({ types }) => types)];
  if (moduleName === undefined) return { btfs: all, where: "this kernel" };
  if (moduleName === VMLINUX) return { btfs: [kernel.vmlinux], where: "this kernel itself, without its modules," };
  const module = kernel.modules.find((one) => one.name === moduleName);
  if (module === undefined) return { btfs: all, where: `the module ${moduleName} is not loaded or has no types: this kernel` };
  return { btfs: [module.types], where: `the module ${moduleName}` };
}

const VMLINUX = "vmlinux";

/** The module in front of a name: "veth" of "veth:veth_xmit". */
export function moduleOf(name: string): string | undefined {
  const colon = name.indexOf(":");
  return colon < 0 ? undefined : name.slice(0, colon);
}

function withoutModule(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The names of the kernel's tracepoints, as tp_btf and raw_tracepoint programs call them. */
export function rawTracepointNames(kernel: Btf): string[] {
  return namesOfKind([kernel], "typedef", "btf_trace_");
}
