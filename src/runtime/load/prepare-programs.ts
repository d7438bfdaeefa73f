import type { FuncInfo, LineInfo } from "../../btf/ext.ts";
import type { RelocationTargets } from "../../co-re/candidates.ts";
import { relocate, type RelocationEntry } from "../../co-re/relocate.ts";
import { CoreGenError } from "../../errors.ts";
import { attachTypes } from "../../object/bpf-enums.ts";
import type { Insn } from "../../object/insn/insn.ts";
import { linkProgram, type LinkedPart } from "../../object/link.ts";
import type { BpfObject, BpfProgram, InsnRelocation } from "../../object/model.ts";
import type { SectionDef } from "../../object/sections.ts";
import { resolveExterns, type KernelSymbols, type ResolvedExtern } from "../../co-re/resolve-externs.ts";
import { handlerOf } from "../section-handlers.ts";
import { findTarget, type LoadTarget } from "./find-target.ts";
import { relocationLog } from "./log-events.ts";
import { callLog, logExterns, logSubprograms } from "./log-programs.ts";
import type { LoadSettings } from "./types.ts";

/** A program that only lacks what the kernel gives out while loading: the descriptors of maps and types. */
export interface PreparedProgram {
  readonly program: BpfProgram;
  readonly def: SectionDef;
  readonly insns: Insn[];
  /** References to maps, data and externs, in slots of `insns`. */
  readonly relocations: readonly InsnRelocation[];
  readonly funcInfo: readonly FuncInfo[];
  readonly lineInfo: readonly LineInfo[];
  readonly target: LoadTarget;
  /** Instead of what the section says: the number of the member that a struct_ops program is for, or a handler's. */
  readonly expectedAttachType?: number;
  /** `prog_flags` instead of those that follow from the section. */
  readonly flags?: number;
  readonly parts: readonly LinkedPart[];
  /** Relocations whose instructions were poisoned, by slot of `insns`. */
  readonly poisoned: ReadonlyMap<number, RelocationEntry>;
}

/** Where types come from; asked only if there is a relocation, or a program to attach, that needs them. */
export interface TypeSources {
  /** What programs are relocated against: getters, as not every relocation looks. */
  readonly targets: RelocationTargets;
  /** What programs attach to and call. */
  readonly kernel: KernelSymbols;
}

/** All programs, and what they have in common. */
export interface Prepared {
  readonly programs: readonly PreparedProgram[];
  readonly externs: ReadonlyMap<number, ResolvedExtern>;
}

/**
 * Everything about programs that can be done before the kernel is asked: relocating, linking, finding what to attach to.
 * Creates nothing.
 */
export function preparePrograms(
  object: BpfObject,
  programs: readonly BpfProgram[],
  types: TypeSources,
  settings: Pick<LoadSettings, "attachTargets" | "onLog">,
): Prepared {
  const externs = resolveExterns(object, types.kernel);
  logExterns(object, externs, settings.onLog);
  const log = relocationLog(settings.onLog);
  const functions = [...programs, ...object.subprograms];
  const { code, entries } = relocate(object, types.targets, { functions, ...(log && { log }) });
  const prepared = programs.map((program) => {
    const linked = linkProgram(object, program, (part) => code.get(part) ?? part.insns, callLog(settings.onLog));
    logSubprograms(linked, program, settings.onLog);
    const { def } = program;
    if (def === undefined)
      throw new CoreGenError("bad-object", `${object.elf.what}: SEC("${program.section}") is unknown`);
    const starts = new Map(linked.parts.map((part) => [part.code, part.start]));
    const poisoned = entries.flatMap((entry): [number, RelocationEntry][] => {
      const start = starts.get(entry.code);
      return start === undefined || entry.newValue !== undefined ? [] : [[start + entry.insn, entry]];
    });
    const target = findTarget(program, def, types.kernel, settings.attachTargets?.get(program.name));
    return askHandler({ program, def, ...linked, target, poisoned: new Map(poisoned) });
  });
  return { programs: prepared, externs };
}

/** What the handler of its section changes about a program. */
function askHandler(prepared: PreparedProgram): PreparedProgram {
  const { program, def, target } = prepared;
  const { name, section } = program;
  const { attachType, flags, attachBtfId } = handlerOf(def)?.prepare?.({ name, section, extra: def.extra }) ?? {};
  return {
    ...prepared,
    ...(attachType !== undefined && { expectedAttachType: attachTypes.indexOf(attachType) }),
    ...(flags !== undefined && { flags }),
    ...(attachBtfId !== undefined && { target: { ...target, id: attachBtfId } }),
  };
}
