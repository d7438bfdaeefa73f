import { programTypes, type ProgramTypeName } from "../../object/bpf-enums.ts";
import { encodeInsns, EXIT, type Insn } from "../../object/insn/insn.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, bpf, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";

/** Bytes of BPF_PROG_LOAD's attributes that probes set: up to `func_info_cnt`. */
const ATTR_SIZE = 92;

export const MOV64_IMM = 0xb7;

/** One instruction of a probe. */
export const insn = (code: number, dst = 0, src = 0, off = 0, imm = 0): Insn => ({ code, dst, src, off, imm });

/** The smallest program. */
export const RETURN_0: readonly Insn[] = [insn(MOV64_IMM), insn(EXIT)];

/** Whether the kernel takes a program. */
export function loads(
  type: ProgramTypeName,
  insns: readonly Insn[],
  more: (attr: Attr) => Attr = (attr) => attr,
): boolean {
  return closed(loadProgram(type, insns, more));
}

/** Loads a program, and returns the number of its descriptor or minus errno. */
export function loadProgram(
  type: ProgramTypeName,
  insns: readonly Insn[],
  more: (attr: Attr) => Attr = (attr) => attr,
): number {
  const attr = new Attr(ATTR_SIZE)
    .u32(0, programTypes.indexOf(type))
    .u32(4, insns.length)
    .pointer(8, encodeInsns(insns, hostIsLittleEndian))
    .text(16, "GPL");
  return bpf(BPF_PROG_LOAD, more(attr));
}

/** Closes a descriptor; false if it is minus errno, and there is none. */
export function closed(number: number): boolean {
  if (number < 0) return false;
  new Fd(number, "a probe").close();
  return true;
}
