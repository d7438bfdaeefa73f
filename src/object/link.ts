import { recordsBetween, type FuncInfo, type LineInfo, type SectionRecords } from "../btf/ext.ts";
import { CoreGenError } from "../errors.ts";
import { exceptionCallbackOf } from "./exception-callback.ts";
import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC, CALL, LD_IMM64, type Insn } from "./insn/insn.ts";
import type { BpfFunction, BpfObject, BpfProgram, InsnRelocation } from "./model.ts";
import { subprogramAt, textSlot } from "./programs.ts";

/** A program with all functions it calls behind it: what the kernel gets, but for what only the kernel can tell. */
export interface LinkedProgram {
  readonly insns: Insn[];
  /** What is left to fill in: maps, data and externs, in slots of `insns`. */
  readonly relocations: readonly InsnRelocation[];
  /** Empty when the object has none for the program itself (libbpf then sends none at all). */
  readonly funcInfo: readonly FuncInfo[];
  readonly lineInfo: readonly LineInfo[];
  /** Which function is where, in slots of `insns`. */
  readonly parts: readonly LinkedPart[];
}

/** One function of a linked program. */
export interface LinkedPart {
  readonly code: BpfFunction;
  readonly start: number;
}

/** An instruction that refers to a function: what {@link linkProgram} has made of it. */
export interface LinkedCall {
  /** The function that it is in, and its slot there. */
  readonly from: BpfFunction;
  readonly insn: number;
  readonly to: LinkedPart;
  /** In slots, from the next instruction on. */
  readonly distance: number;
}

/** The kernel's limit (`BPF_MAX_SUBPROGS`), the program itself included. */
const MOST_FUNCTIONS = 256;

/**
 * Puts the subprograms that a program calls behind it, each once, and makes calls relative (libbpf: `bpf_object__reloc_code`).
 *
 * `codeOf` says which instructions a function has by now: those of the file, or relocated ones. They are copied.
 * `onCall` gets to know of each call, and each address of a function, as it is made relative.
 */
export function linkProgram(
  object: BpfObject,
  program: BpfProgram,
  codeOf: (code: BpfFunction) => readonly Insn[],
  onCall?: (call: LinkedCall) => void,
): LinkedProgram {
  const linker = new Linker(object, program, codeOf, onCall);
  linker.append(program);
  const callback = exceptionCallbackOf(object, program);
  if (callback !== undefined) linker.appendOnce(callback);
  return {
    insns: linker.insns,
    relocations: linker.relocations,
    funcInfo: collectInfo(object.ext?.funcInfo, linker.parts, ({ typeId }, insnOff) => ({ insnOff, typeId })),
    lineInfo: collectInfo(object.ext?.lineInfo, linker.parts, ({ fileNameOff, lineOff, lineCol }, insnOff) => ({
      insnOff,
      fileNameOff,
      lineOff,
      lineCol,
    })),
    parts: linker.parts,
  };
}

class Linker {
  readonly insns: Insn[] = [];
  readonly relocations: InsnRelocation[] = [];
  readonly parts: LinkedPart[] = [];
  readonly #object: BpfObject;
  readonly #program: BpfProgram;
  readonly #codeOf: (code: BpfFunction) => readonly Insn[];
  readonly #onCall: ((call: LinkedCall) => void) | undefined;
  readonly #starts = new Map<BpfFunction, number>();

  constructor(
    object: BpfObject,
    program: BpfProgram,
    codeOf: (code: BpfFunction) => readonly Insn[],
    onCall: ((call: LinkedCall) => void) | undefined,
  ) {
    this.#object = object;
    this.#program = program;
    this.#codeOf = codeOf;
    this.#onCall = onCall;
  }

  /** Appends a function, and behind it, in the order of their first call, those that it refers to. */
  append(code: BpfFunction): number {
    const start = this.insns.length;
    if (this.parts.length === MOST_FUNCTIONS)
      throw this.#error(`it has more than ${MOST_FUNCTIONS} functions, the kernel takes no more`);
    this.#starts.set(code, start);
    this.parts.push({ code, start });
    // One by one: push(...) takes no more arguments than fit on the stack, and a program may have a million instructions.
    for (const insn of this.#codeOf(code)) this.insns.push({ ...insn });
    for (const { insn, target } of code.relocations) {
      if (target.kind !== "call" && target.kind !== "function") this.relocations.push({ insn: start + insn, target });
    }
    this.#resolveReferences(code, start);
    return start;
  }

  /** Appends a function that is not there yet, and returns where it is. */
  appendOnce(code: BpfFunction): number {
    return this.#starts.get(code) ?? this.append(code);
  }

  #resolveReferences(code: BpfFunction, start: number): void {
    const targets = new Map(code.relocations.map(({ insn, target }) => [insn, target]));
    for (let slot = 0; slot < code.insns.length; slot++) {
      const insn = this.insns[start + slot];
      if (insn === undefined || !refersToCode(insn, targets.get(slot)?.kind)) continue;
      const subprogram = this.#find(code, slot, insn, targets.get(slot));
      const at = this.appendOnce(subprogram);
      if (insn.code === LD_IMM64) insn.src = BPF_PSEUDO_FUNC;
      insn.imm = at - (start + slot) - 1;
      this.#onCall?.({ from: code, insn: slot, to: { code: subprogram, start: at }, distance: insn.imm });
    }
  }

  #find(code: BpfFunction, slot: number, insn: Insn, target: InsnRelocation["target"] | undefined): BpfFunction {
    const found = subprogramAt(this.#object.subprograms, textSlot(code, slot, insn, target));
    if (found !== undefined) return found;
    throw this.#error(`instruction ${slot} of ${code.name} calls a function that is not in .text`);
  }

  #error(problem: string): CoreGenError {
    const { elf } = this.#object;
    return new CoreGenError("bad-object", `${elf.what}: linking program ${this.#program.name}: ${problem}`);
  }
}

function refersToCode(insn: Insn, target: InsnRelocation["target"]["kind"] | undefined): boolean {
  if (insn.code === CALL) return insn.src === BPF_PSEUDO_CALL && target !== "extern";
  return insn.code === LD_IMM64 && target === "function";
}

/**
 * The func or line records of all parts, in slots of the linked program (libbpf: `adjust_prog_btf_ext_info`).
 *
 * The kernel refuses records that begin after the first instruction, so without any for the program there are none.
 */
function collectInfo<T extends { insnOff: number }>(
  sections: readonly SectionRecords<T>[] | undefined,
  parts: readonly LinkedPart[],
  moved: (record: T, insnOff: number) => T,
): T[] {
  const all: T[] = [];
  for (const { code, start } of parts) {
    const first = code.sectionInsnOffset;
    const end = first + code.insns.length;
    const records = recordsBetween(sections ?? [], code.section, first, end);
    if (start === 0 && records.length === 0) return [];
    for (const record of records) all.push(moved(record, record.insnOff - first + start));
  }
  return all;
}
