import type { Btf } from "../btf/btf.ts";
import type { BtfKind } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import type { SectionDef } from "../object/sections.ts";
import type { BpfProgram } from "../object/model.ts";
import { nearNames } from "../object/near-names.ts";

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

/**
 * The BTF id, in the kernel's types, of what the section of a program names.
 *
 * Throws a `CoreGenError` with code `bad-input` and near names when the kernel has nothing of that name.
 */
export function attachTargetId(program: BpfProgram, def: SectionDef, kernel: Btf): number {
  const [prefix, kind] = prefixAndKind(def);
  const id = kernel.find(prefix + def.extra, kind);
  if (id !== undefined) return id;
  const word = wordFor(def);
  const near = nearNames(def.extra, namesOf(kernel, prefix, kind));
  throw new CoreGenError(
    "bad-input",
    `loading program "${program.name}": this kernel has no ${word} "${def.extra}", which SEC("${program.section}") names`,
    {
      hints: [
        ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
        ...(kind === "func" ? ["It may be in a module, or inlined, or static and renamed by the compiler."] : []),
      ],
    },
  );
}

/** The names of the kernel's tracepoints, as tp_btf and raw_tracepoint programs call them. */
export function rawTracepointNames(kernel: Btf): string[] {
  return namesOf(kernel, "btf_trace_", "typedef");
}

function namesOf(kernel: Btf, prefix: string, kind: BtfKind): string[] {
  const names: string[] = [];
  for (const id of kernel.ownOfKind(kind)) {
    const name = kernel.name(id);
    if (name.startsWith(prefix)) names.push(name.slice(prefix.length));
  }
  return names;
}
