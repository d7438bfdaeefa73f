import { CALL, type Insn } from "./insn.ts";

/**
 * The immediates of calls that stand for something that could not be filled in, plus its index in the object: no helper
 * has such a number, so the verifier's complaint says which (libbpf: `POISON_LDIMM64_MAP_BASE`, `POISON_CALL_KFUNC_BASE`).
 */
export const POISONED_MAP = 2001000000;
export const POISONED_EXTERN = 2002000000;

/** Makes a call of an instruction that no kernel has, and that is refused if the program can get there. */
export function poisonCall(insn: Insn, number: number): void {
  insn.code = CALL;
  insn.dst = 0;
  insn.src = 0;
  insn.off = 0;
  insn.imm = number;
}
