import {
  BPF_ALU,
  BPF_ALU64,
  BPF_LD,
  BPF_LDX,
  BPF_ST,
  BPF_STX,
  CALL,
  insnClass,
  LD_IMM64,
  type Insn,
} from "../object/insn/insn.ts";
import type { Log } from "./log.ts";
import { SpecError } from "./spec.ts";

/** The helper number of a poisoned instruction, which no kernel has: "bad relo" (libbpf: `bpf_core_poison_insn`). */
export const POISON = 0xbad2310;

/** What becomes of an instruction. */
export interface Patch {
  readonly oldValue: bigint;
  readonly newValue: bigint;
  /** Whether the instruction must hold `oldValue` now. */
  readonly validate: boolean;
  /** Bytes that a load or store moves in the program's types and in the kernel's, where that is known. */
  readonly oldSize: number | undefined;
  readonly newSize: number | undefined;
  /** The sizes differ and the field is neither a pointer nor an unsigned integer: a load or store of it is poisoned. */
  readonly sizeMayNotChange: boolean;
}

const BPF_X = 0x08;
const SHRT_MAX = 32767n;

/** Replaces an instruction by a call that no kernel accepts; the verifier refuses it if it can be reached. */
export function poisonInsn(insns: Insn[], slot: number, log: Log | undefined): void {
  // The second half of an immediate load, too: left alone it would be an unknown opcode.
  if (insns[slot]?.code === LD_IMM64 && slot + 1 < insns.length) insns[slot + 1] = poisoned(slot + 1, log);
  insns[slot] = poisoned(slot, log);
}

function poisoned(slot: number, log: Log | undefined): Insn {
  log?.(`substituting insn #${slot} w/ invalid insn`);
  return { code: CALL, dst: 0, src: 0, off: 0, imm: POISON };
}

/**
 * Writes a relocation's value into its instruction (libbpf: `bpf_core_patch_insn`). Returns whether it had to be poisoned.
 * `log` gets what libbpf says about it.
 */
export function patchInsn(insns: Insn[], slot: number, patch: Patch, log: Log | undefined): boolean {
  const insn = insns[slot];
  if (insn === undefined) throw new SpecError(`there is no instruction ${slot}`);
  switch (insnClass(insn)) {
    case BPF_ALU:
    case BPF_ALU64:
      patchImmediate(insn, slot, patch, log);
      return false;
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      return patchOffset(insns, insn, slot, patch, log);
    case BPF_LD:
      patchLongImmediate(insn, insns[slot + 1], slot, patch, log);
      return false;
    default:
      throw new SpecError(
        `instruction ${slot} (code 0x${insn.code.toString(16)}) is of a kind that can't be relocated`,
      );
  }
}

function patchImmediate(insn: Insn, slot: number, patch: Patch, log: Log | undefined): void {
  if ((insn.code & BPF_X) !== 0) throw new SpecError(`instruction ${slot} has no immediate to relocate`);
  const old = BigInt.asUintN(64, BigInt(insn.imm));
  checkOldValue(old, slot, patch);
  insn.imm = Number(BigInt.asIntN(32, patch.newValue));
  log?.(`patched insn #${slot} (ALU/ALU64) imm ${old} -> ${patch.newValue}`);
}

function patchOffset(insns: Insn[], insn: Insn, slot: number, patch: Patch, log: Log | undefined): boolean {
  const old = BigInt.asUintN(64, BigInt(insn.off));
  checkOldValue(old, slot, patch);
  if (patch.newValue > SHRT_MAX)
    throw new SpecError(`the offset ${patch.newValue} is too large for instruction ${slot}`);
  if (patch.sizeMayNotChange) {
    poisonInsn(insns, slot, log);
    return true;
  }
  insn.off = Number(patch.newValue);
  log?.(`patched insn #${slot} (LDX/ST/STX) off ${old} -> ${patch.newValue}`);
  if (patch.newSize !== patch.oldSize) {
    insn.code = withAccessSize(insn, slot, patch);
    log?.(`patched insn #${slot} (LDX/ST/STX) mem_sz ${patch.oldSize} -> ${patch.newSize}`);
  }
  return false;
}

/** Sizes of loads and stores in bytes, by their bits in the opcode. */
const sizeBits = new Map([
  [1, 0x10],
  [2, 0x08],
  [4, 0x00],
  [8, 0x18],
]);

function withAccessSize(insn: Insn, slot: number, { oldSize, newSize }: Patch): number {
  const size = [...sizeBits].find(([, bits]) => bits === (insn.code & 0x18))?.[0];
  if (size !== oldSize) throw new SpecError(`instruction ${slot} moves ${size} bytes, but the field has ${oldSize}`);
  const bits = sizeBits.get(newSize ?? 0);
  if (bits === undefined) throw new SpecError(`no instruction moves the ${newSize} bytes of the kernel's field`);
  return (insn.code & ~0x18) | bits;
}

function patchLongImmediate(
  insn: Insn,
  second: Insn | undefined,
  slot: number,
  patch: Patch,
  log: Log | undefined,
): void {
  const wellFormed =
    insn.code === LD_IMM64 &&
    insn.src === 0 &&
    insn.off === 0 &&
    second?.code === 0 &&
    second.dst === 0 &&
    second.src === 0 &&
    second.off === 0;
  if (!wellFormed) throw new SpecError(`instruction ${slot} is not a well-formed load of a 64-bit immediate`);
  const old = BigInt.asUintN(32, BigInt(insn.imm)) | (BigInt.asUintN(32, BigInt(second.imm)) << 32n);
  checkOldValue(old, slot, patch);
  insn.imm = Number(BigInt.asIntN(32, patch.newValue));
  second.imm = Number(BigInt.asIntN(32, patch.newValue >> 32n));
  log?.(`patched insn #${slot} (LDIMM64) imm64 ${old} -> ${patch.newValue}`);
}

function checkOldValue(found: bigint, slot: number, { validate, oldValue, newValue }: Patch): void {
  if (!validate || found === oldValue) return;
  throw new SpecError(
    `instruction ${slot} holds ${BigInt.asIntN(64, found)}, but the object's own types say ${oldValue} (to become ${newValue})`,
  );
}
