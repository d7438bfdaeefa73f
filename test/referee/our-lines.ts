import type { Btf } from "../../src/btf/btf.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { encodeInsns, type Insn } from "../../src/object/insn/insn.ts";
import { linkProgram, type LinkedProgram } from "../../src/object/link.ts";
import type { BpfFunction, BpfObject, BpfProgram } from "../../src/object/model.ts";

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

/** What a program can't be compared for: the loader does it, or nobody does it yet. */
export class NotYet extends Error {}

/** What we would load of one program on a kernel. */
export function ourProgram(object: BpfObject, program: BpfProgram, vmlinux: Btf): OurProgram {
  const { code } = relocate(object, { vmlinux }, { functions: [program, ...object.subprograms] });
  return describe(program, linkWith(object, program, code));
}

/** What we would load of all programs of an object on a kernel, those of `SEC("?…")` included. */
export function ourPrograms(object: BpfObject, vmlinux: Btf): OurProgram[] {
  const { code } = relocate(object, { vmlinux });
  return object.programs.map((program) => describe(program, linkWith(object, program, code)));
}

function linkWith(
  object: BpfObject,
  program: BpfProgram,
  code: ReadonlyMap<BpfFunction, readonly Insn[]>,
): LinkedProgram {
  return linkProgram(object, program, (f) => code.get(f) ?? f.insns);
}

function describe(program: BpfProgram, linked: LinkedProgram): OurProgram {
  const mapAt = fillInMaps(linked);
  return {
    name: program.name,
    // Like libbpf, without the mark of programs that are not loaded by default.
    section: program.section.replace(/^\?/u, ""),
    type: program.def?.type ?? 0,
    expectedAttachType: program.def?.attachType ?? 0,
    funcInfo: linked.funcInfo.map(({ insnOff, typeId }) => [insnOff, typeId]),
    lineInfo: linked.lineInfo.map((line) => [line.insnOff, line.fileNameOff, line.lineOff, line.lineCol]),
    insns: linked.insns.map((insn) => Buffer.from(encodeInsns([insn], true)).toString("hex")),
    mapAt,
  };
}

/** Puts map indexes where the loader puts descriptors. */
function fillInMaps(linked: LinkedProgram): Map<number, number> {
  const mapAt = new Map<number, number>();
  for (const { insn: slot, target } of linked.relocations) {
    const [first, second] = [linked.insns[slot], linked.insns[slot + 1]];
    if (first === undefined || second === undefined) throw new Error(`the reference in ${slot} is cut off`);
    if (target.kind === "extern") throw new NotYet("extern");
    if (target.kind === "data") second.imm = first.imm + target.offset;
    if (target.kind !== "map" && target.kind !== "data") continue;
    first.src = target.kind === "map" ? 1 : 2;
    first.imm = target.map;
    mapAt.set(slot, target.map);
  }
  return mapAt;
}
