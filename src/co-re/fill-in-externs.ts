import { CoreGenError } from "../errors.ts";
import { BPF_PSEUDO_BTF_ID, BPF_PSEUDO_KFUNC_CALL, CALL, type Insn } from "../object/insn/insn.ts";
import { poisonCall, POISONED_EXTERN } from "../object/insn/poison.ts";
import type { InsnRelocation } from "../object/model.ts";
import type { ModuleTypes } from "./kernel-types.ts";
import type { ResolvedExtern } from "./resolve-externs.ts";

/** The kernel's limit: calls have their module's place in a field of 16 bits, signed. */
const MOST_MODULES = 0x7fff;

/**
 * The modules that programs call functions of: a call says which by its place in `fd_array` of BPF_PROG_LOAD, and the
 * first of these has place 1 (libbpf: `bpf_object__resolve_ksym_func_btf_id`).
 */
export function calledModules(externs: ReadonlyMap<number, ResolvedExtern>): ModuleTypes[] {
  const modules = new Set<ModuleTypes>();
  for (const extern of externs.values())
    if (extern.kind === "function" && extern.module !== undefined) modules.add(extern.module);
  if (modules.size >= MOST_MODULES)
    throw new CoreGenError("unsupported", `functions of ${modules.size} modules are called, more than programs can`);
  return [...modules];
}

/**
 * Puts what `__ksym` externs are into the instructions that refer to them (libbpf: `bpf_object__relocate_data`).
 * `numberOf` gives the descriptor of a module's types.
 */
export function fillInExterns(
  insns: readonly Insn[],
  relocations: readonly InsnRelocation[],
  externs: ReadonlyMap<number, ResolvedExtern>,
  numberOf: (module: ModuleTypes) => number,
): void {
  const modules = calledModules(externs);
  for (const { insn: slot, target } of relocations) {
    if (target.kind !== "extern") continue;
    const [first, second] = [insns[slot], insns[slot + 1]];
    const extern = externs.get(target.extern) ?? { kind: "absent" };
    if (first?.code === CALL) fillInCall(first, extern, target.extern, modules);
    else if (first !== undefined && second !== undefined) fillInAddress(first, second, extern, numberOf);
    else throw new CoreGenError("bad-object", `the reference to an extern in instruction ${slot} is cut off`);
  }
}

function fillInCall(call: Insn, extern: ResolvedExtern, index: number, modules: readonly ModuleTypes[]): void {
  if (extern.kind === "absent") {
    poisonCall(call, POISONED_EXTERN + index);
    return;
  }
  if (extern.kind !== "function") throw new CoreGenError("bad-object", "a __ksym variable is called like a function");
  call.src = BPF_PSEUDO_KFUNC_CALL;
  call.imm = extern.id;
  call.off = extern.module === undefined ? 0 : 1 + modules.indexOf(extern.module);
}

function fillInAddress(low: Insn, high: Insn, extern: ResolvedExtern, numberOf: (module: ModuleTypes) => number): void {
  switch (extern.kind) {
    case "variable":
    case "function":
      low.src = BPF_PSEUDO_BTF_ID;
      low.imm = extern.id;
      high.imm = extern.module === undefined ? 0 : numberOf(extern.module);
      return;
    case "address":
      low.imm = Number(BigInt.asIntN(32, extern.address));
      high.imm = Number(BigInt.asIntN(32, extern.address >> 32n));
      return;
    case "absent":
      low.imm = 0;
      high.imm = 0;
  }
}
