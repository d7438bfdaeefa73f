import { findAttachTarget, moduleOf, type AttachTarget } from "../../co-re/attach-target.ts";
import type { KernelTypes } from "../../co-re/kernel-types.ts";
import { CoreGenError } from "../../errors.ts";
import type { BpfProgram } from "../../object/model.ts";
import type { SectionDef } from "../../object/sections.ts";
import { functionOfProgram } from "../kernel/program-function.ts";
import type { AttachTargetSetting } from "./types.ts";

/** What a program attaches to, as BPF_PROG_LOAD wants to know it; id 0 for those that don't say it when they are loaded. */
export interface LoadTarget extends AttachTarget {
  /** The descriptor of the program whose function it is. */
  readonly program: number | undefined;
}

/**
 * Finds what a program attaches to: a function or hook of the kernel or a module, or a function of another program
 * (libbpf: `libbpf_find_attach_btf_id`, `tracing_multi_mod_fd`). Throws a `CoreGenError` with code `bad-input`.
 */
export function findTarget(
  program: BpfProgram,
  def: SectionDef,
  kernel: KernelTypes,
  setting: AttachTargetSetting | undefined,
): LoadTarget {
  if (setting?.program !== undefined || def.typeName === "ext") return inProgram(program, def, setting);
  if (def.needsAttachTarget)
    return { ...findAttachTarget(program, def, kernel, setting?.function), program: undefined };
  return { id: 0, module: moduleOfPattern(program, def, kernel), program: undefined };
}

function inProgram(program: BpfProgram, def: SectionDef, setting: AttachTargetSetting | undefined): LoadTarget {
  const doing = `loading program "${program.name}" (SEC("${program.section}"))`;
  const name = setting?.function ?? def.extra;
  if (setting?.program === undefined || name === "") {
    const missing = setting?.program === undefined ? "of which program" : "which one";
    throw new CoreGenError(
      "bad-input",
      `${doing}: it is for a function of another program, and it is not said ${missing}`,
      {
        hints: [
          `Set progs.${program.name}.attachTarget = { program: other.progs.NAME, function: "NAME" } before loading.`,
        ],
      },
    );
  }
  const what = `the program that "${program.name}" attaches to`;
  const id = functionOfProgram(setting.program, name, what, doing);
  return { id, module: undefined, program: setting.program };
}

/** Programs for many functions name them when they are attached, and when they are loaded only the module. */
function moduleOfPattern(program: BpfProgram, def: SectionDef, kernel: KernelTypes): AttachTarget["module"] {
  const isMulti = def.typeName === "tracing" && def.attachTypeName?.endsWith("_multi") === true;
  const name = isMulti ? moduleOf(def.extra) : undefined;
  const module = name === undefined ? undefined : kernel.modules.find((one) => one.name === name);
  if (name === undefined || module !== undefined) return module;
  throw new CoreGenError(
    "bad-input",
    `loading program "${program.name}": the module ${name}, which SEC("${program.section}") names, is not loaded or has no types`,
  );
}
