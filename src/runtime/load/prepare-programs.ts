import type { Btf } from "../../btf/btf.ts";
import type { FuncInfo, LineInfo } from "../../btf/ext.ts";
import type { RelocationTargets } from "../../co-re/candidates.ts";
import { relocate, type RelocationEntry } from "../../co-re/relocate.ts";
import { CoreGenError } from "../../errors.ts";
import type { Insn } from "../../object/insn/insn.ts";
import { linkProgram, type LinkedProgram } from "../../object/link.ts";
import type { BpfObject, BpfProgram, InsnRelocation } from "../../object/model.ts";
import type { SectionDef } from "../../object/sections.ts";
import { attachTargetId } from "../../co-re/attach-target.ts";
import { logEvent, relocationLog, type OnLog } from "./log-events.ts";

/** A program that only lacks what the kernel gives out while loading: the descriptors of maps and types. */
export interface PreparedProgram {
  readonly program: BpfProgram;
  readonly def: SectionDef;
  readonly insns: Insn[];
  /** References to maps and data, in slots of `insns`. */
  readonly relocations: readonly InsnRelocation[];
  readonly funcInfo: readonly FuncInfo[];
  readonly lineInfo: readonly LineInfo[];
  /** What it attaches to, in the kernel's BTF; 0 for programs that don't say it when they are loaded. */
  readonly attachBtfId: number;
  /** Relocations whose instructions were poisoned, by slot of `insns`. */
  readonly poisoned: ReadonlyMap<number, RelocationEntry>;
}

/** Where types come from; asked only if there is a relocation, or a program to attach, that needs them. */
export interface TypeSources {
  /** What programs are relocated against: getters, as not every relocation looks. */
  readonly targets: RelocationTargets;
  /** What programs attach to. */
  running(): Btf;
  readonly onLog?: OnLog | undefined;
}

/**
 * Everything about programs that can be done before the kernel is asked: relocating, linking, finding what to attach to.
 * Creates nothing.
 */
export function preparePrograms(
  object: BpfObject,
  programs: readonly BpfProgram[],
  types: TypeSources,
): PreparedProgram[] {
  const log = relocationLog(types.onLog);
  const functions = [...programs, ...object.subprograms];
  const { code, entries } = relocate(object, types.targets, { functions, ...(log && { log }) });
  return programs.map((program) => {
    const linked = linkProgram(object, program, (part) => code.get(part) ?? part.insns);
    logSubprograms(linked, program, types.onLog);
    const { def } = program;
    if (def === undefined)
      throw new CoreGenError("bad-object", `${object.elf.what}: SEC("${program.section}") is unknown`);
    const starts = new Map(linked.parts.map((part) => [part.code, part.start]));
    const poisoned = entries.flatMap((entry): [number, RelocationEntry][] => {
      const start = starts.get(entry.code);
      return start === undefined || entry.newValue !== undefined ? [] : [[start + entry.insn, entry]];
    });
    const attachBtfId = def.needsAttachTarget ? attachTargetId(program, def, types.running()) : 0;
    return { program, def, ...linked, attachBtfId, poisoned: new Map(poisoned) };
  });
}

function logSubprograms({ parts }: LinkedProgram, { name }: BpfProgram, onLog: OnLog | undefined): void {
  for (const { code } of parts.slice(1)) {
    const facts = { subprogram: code.name, instructions: code.insns.length };
    logEvent(onLog, { kind: "subprogram-added", program: name, ...facts });
  }
}
