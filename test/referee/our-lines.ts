import type { Btf } from "../../src/btf/btf.ts";
import { programImages, type ProgramImage } from "../../src/cli/insn-lines.ts";
import type { BpfObject, BpfProgram } from "../../src/object/model.ts";

/** One program in the referee's words: what we would give to the kernel, with maps by their index in the object. */
export interface OurProgram {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly expectedAttachType: number;
  readonly funcInfo: readonly (readonly number[])[];
  readonly lineInfo: readonly (readonly number[])[];
  /** Eight bytes in hexadecimal per instruction. */
  readonly insns: readonly string[];
  /** Which instruction loads which map: instruction index → map index. */
  readonly mapAt: ReadonlyMap<number, number>;
}

/** What we would load of programs on a kernel; default: all programs, those of `SEC("?…")` included. */
export function ourPrograms(
  object: BpfObject,
  vmlinux: Btf,
  programs: readonly BpfProgram[] = object.programs,
): OurProgram[] {
  return programImages(object, programs, vmlinux).map(describe);
}

function describe({ program, linked, insns, mapAt }: ProgramImage): OurProgram {
  return {
    name: program.name,
    // Like libbpf, without the mark of programs that are not loaded by default.
    section: program.section.replace(/^\?/u, ""),
    type: program.def?.type ?? 0,
    expectedAttachType: program.def?.attachType ?? 0,
    funcInfo: linked.funcInfo.map(({ insnOff, typeId }) => [insnOff, typeId]),
    lineInfo: linked.lineInfo.map((line) => [line.insnOff, line.fileNameOff, line.lineOff, line.lineCol]),
    insns,
    mapAt,
  };
}
