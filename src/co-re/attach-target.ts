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
  const found = search(kernel, moduleOf(name), prefix + withoutModule(name), kind);
  if (found !== undefined) return found;
  const whose = name === def.extra ? `SEC("${program.section}")` : "its attachTarget";
  throw new CoreGenError("bad-input", `loading program "${program.name}": ${absence(kernel, def, name, whose)}`, {
    hints: absenceHints(kernel, def, name),
  });
}

function search(
  kernel: KernelTypes,
  moduleName: string | undefined,
  name: string,
  kind: BtfKind,
): AttachTarget | undefined {
  if (moduleName === undefined) return findInKernel(kernel, name, kind);
  if (moduleName === VMLINUX) return findInKernel({ vmlinux: kernel.vmlinux, modules: [] }, name, kind);
  const module = kernel.modules.find((one) => one.name === moduleName);
  return module && findInModule(module, name, kind);
}

function absence(kernel: KernelTypes, def: SectionDef, name: string, whose: string): string {
  const moduleName = moduleOf(name);
  if (placesOf(kernel, moduleName) === undefined)
    return `the module ${moduleName ?? ""}, which ${whose} names, is not loaded or has no types`;
  return `${moduleName ?? "this kernel"} has no ${wordFor(def)} "${withoutModule(name)}", which ${whose} names`;
}

function absenceHints(kernel: KernelTypes, def: SectionDef, name: string): string[] {
  const [prefix, kind] = prefixAndKind(def);
  const moduleName = moduleOf(name);
  const places = placesOf(kernel, moduleName);
  if (places === undefined) return [`Load it first: modprobe ${moduleName ?? ""}.`];
  const near = nearNames(withoutModule(name), namesOfKind(places, kind, prefix));
  return [
    ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
    ...(kind === "func" ? ["It may be in a module, or inlined, or static and renamed by the compiler."] : []),
  ];
}

/** Where a name is looked up; undefined when the module in front of it is not there. */
function placesOf(kernel: KernelTypes, moduleName: string | undefined): Btf[] | undefined {
  if (moduleName === VMLINUX) return [kernel.vmlinux];
  if (moduleName === undefined) return [kernel.vmlinux, ...kernel.modules.map(({ types }) => types)];
  const module = kernel.modules.find((one) => one.name === moduleName);
  return module && [module.types];
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
