import type { ByteReader } from "../../btf/bytes.ts";

/** Bytes of one instruction slot. */
export const INSN_SIZE = 8;

/**
 * One 8-byte slot of BPF code (`struct bpf_insn`). A 64-bit immediate load takes two: the second has `code` 0 and
 * the high half of the value in `imm`. Slots are copied before they are patched; `imm` and `off` are signed.
 * Instruction set: https://docs.kernel.org/bpf/standardization/instruction-set.html
 */
export interface Insn {
  code: number;
  dst: number;
  src: number;
  off: number;
  imm: number;
}

export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_ALU64 = 0x07;
/** `ld_imm64`: BPF_LD | BPF_IMM | BPF_DW. */
export const LD_IMM64 = 0x18;
/** `call`: BPF_JMP | BPF_CALL. */
export const CALL = 0x85;
export const EXIT = 0x95;

/** `src` of a `ld_imm64`: what its immediate stands for. */
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
/** `src` of a `call` of a function of this program. */
export const BPF_PSEUDO_CALL = 1;
/** `src` of a `call` of a function of the kernel. */
export const BPF_PSEUDO_KFUNC_CALL = 2;

/** The class of an instruction: one of `BPF_LD … BPF_ALU64`. */
export function insnClass(insn: Insn): number {
  return insn.code & 7;
}

/** Decodes all instruction slots of a section's contents. */
export function decodeInsns(code: ByteReader): Insn[] {
  if (code.length % INSN_SIZE !== 0) code.fail(`the code is ${code.length} bytes long, not a multiple of ${INSN_SIZE}`);
  const { view, length, littleEndian } = code;
  const insns: Insn[] = [];
  for (let at = 0; at < length; at += INSN_SIZE) {
    const registers = view.getUint8(at + 1);
    const low = registers & 15;
    const high = registers >> 4;
    insns.push({
      code: view.getUint8(at),
      // struct bpf_insn has two 4-bit fields: which half is dst depends on the byte order.
      dst: littleEndian ? low : high,
      src: littleEndian ? high : low,
      off: view.getInt16(at + 2, littleEndian),
      imm: view.getInt32(at + 4, littleEndian),
    });
  }
  return insns;
}

/** Encodes instruction slots as the kernel reads them, in the given byte order. */
export function encodeInsns(insns: readonly Insn[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(insns.length * INSN_SIZE);
  const view = new DataView(bytes.buffer);
  insns.forEach((insn, index) => {
    const at = index * INSN_SIZE;
    view.setUint8(at, insn.code);
    view.setUint8(at + 1, littleEndian ? (insn.src << 4) | insn.dst : (insn.dst << 4) | insn.src);
    view.setInt16(at + 2, insn.off, littleEndian);
    view.setInt32(at + 4, insn.imm, littleEndian);
  });
  return bytes;
}
