import { arch } from "node:os";
import { replaceTaggedArguments } from "../../object/arg-ctx.ts";
import type { BpfObject } from "../../object/model.ts";
import { hasFeature } from "../kernel/features.ts";
import type { PreparedProgram } from "./prepare-programs.ts";

/** What is loaded instead of the original. */
interface Replaced {
  readonly object: BpfObject;
  readonly programs: readonly PreparedProgram[];
}

/** Types and programs as kernels before 6.8 need them, where arguments of functions have the tag `arg:ctx`. */
export function replaceArguments(
  object: BpfObject,
  programs: readonly PreparedProgram[],
  warnings: string[],
): Replaced {
  const { btf } = object;
  if (btf === undefined || !hasTag(object) || hasFeature("arg-ctx-tag")) return { object, programs };
  const tagged = programs.map(({ program, def, funcInfo }) => ({ name: program.name, type: def.typeName, funcInfo }));
  const replaced = replaceTaggedArguments(btf, tagged, arch() === "x64" ? "pt_regs" : "user_pt_regs");
  warnings.push(...replaced.warnings);
  return {
    object: { ...object, btf: replaced.btf },
    programs: programs.map((program, index) => ({ ...program, funcInfo: replaced.funcInfo[index] ?? [] })),
  };
}

/** Most objects have none, and then the kernel is not asked whether it knows it. */
function hasTag({ btf }: BpfObject): boolean {
  return btf?.find("arg:ctx", "decl_tag") !== undefined;
}
