import type { ResolvedExtern } from "../../co-re/resolve-externs.ts";
import { CALL } from "../../object/insn/insn.ts";
import type { LinkedCall, LinkedPart, LinkedProgram } from "../../object/link.ts";
import type { BpfObject, BpfProgram } from "../../object/model.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import type { LoadedMap } from "./types.ts";

/** Tells what the kernel has for `__ksym` externs. */
export function logExterns(
  { externs }: BpfObject,
  resolved: ReadonlyMap<number, ResolvedExtern>,
  onLog: OnLog | undefined,
): void {
  if (onLog === undefined) return;
  for (const [index, found] of resolved) {
    const symbol = externs[index]?.name ?? "";
    if (found.kind === "absent") logEvent(onLog, { kind: "extern-missing", extern: symbol });
    else if (found.kind === "address") logEvent(onLog, { kind: "ksym-resolved", symbol, address: found.address });
    else {
      const { kind: declares, id: typeId, module } = found;
      logEvent(onLog, { kind: "ksym-resolved", symbol, declares, typeId, module: module?.name });
    }
  }
}

/** Tells which functions were put behind a program. */
export function logSubprograms({ parts }: LinkedProgram, { name }: BpfProgram, onLog: OnLog | undefined): void {
  for (const { code } of parts.slice(1)) {
    const facts = { subprogram: code.name, instructions: code.insns.length };
    logEvent(onLog, { kind: "subprogram-added", program: name, ...facts });
  }
}

/** Tells which call goes where; undefined without anyone to tell. */
export function callLog(onLog: OnLog | undefined): ((call: LinkedCall) => void) | undefined {
  if (onLog === undefined) return undefined;
  return ({ from, insn, to, distance }) => {
    const target = { subprogram: to.code.name, start: to.start };
    logEvent(onLog, { kind: "call-relocated", function: from.name, instruction: insn, distance, ...target });
  };
}

/** What instructions of a program refer to. */
interface References {
  readonly object: BpfObject;
  readonly maps: ReadonlyMap<string, LoadedMap>;
  readonly externs: ReadonlyMap<number, ResolvedExtern>;
  readonly onLog: OnLog | undefined;
}

/** Tells which instructions are invalid because what they refer to is not there. */
export function logPoisoned(
  program: string,
  parts: readonly LinkedPart[],
  { object, maps, externs, onLog }: References,
): void {
  if (onLog === undefined) return;
  const places = parts.flatMap(({ code, start }) => code.relocations.map((one) => ({ ...one, code, start })));
  for (const [relocation, { insn, target, code, start }] of places.entries()) {
    const facts = { kind: "instruction-poisoned", program, relocation, instruction: start + insn } as const;
    if (target.kind === "map" || target.kind === "data") {
      const name = object.maps[target.map]?.name ?? "";
      if (!maps.has(name)) logEvent(onLog, { ...facts, map: { index: target.map, name } });
    } else if (target.kind === "extern" && code.insns[insn]?.code === CALL) {
      const { kind } = externs.get(target.extern) ?? { kind: "absent" };
      if (kind === "absent") logEvent(onLog, { ...facts, kfunc: object.externs[target.extern]?.name ?? "" });
    }
  }
}
