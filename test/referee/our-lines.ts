import { execFileSync } from "node:child_process";

import type { Btf } from "../../src/btf/btf.ts";
import { insnLines, programImages, type LoadingMachine, type ProgramImage } from "../../src/cli/insn-lines.ts";
import { fillInKconfig } from "../../src/object/kconfig.ts";
import type { BpfObject, BpfProgram, DataSection } from "../../src/object/model.ts";
import type { KernelSymbols } from "../../src/co-re/resolve-externs.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { runningKconfig } from "../../src/runtime/kernel/kconfig.ts";
import { kernelVersionCode } from "../../src/runtime/kernel/kernel-version.ts";
import { readKallsyms } from "../../src/runtime/kernel/running-kernel.ts";
import { readKernel, type KernelBtf } from "./kernels.ts";

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
  return programImages(object, programs, vmlinux, { vmlinux, modules: [], kallsyms: () => "" }).map(describe);
}

/** This machine with a kernel of those types, and with what `symbols` says of modules and addresses. */
export function machineWith(kernel: KernelBtf, symbols: Partial<KernelSymbols> = {}): LoadingMachine {
  const { target, kernel: vmlinux } = readKernel(kernel);
  return {
    kernel: { vmlinux, modules: [], kallsyms: readKallsyms, ...symbols },
    ...{ target, version: kernelVersionCode(), mapsArrays: true },
    pageSize: Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" })),
    possibleCpus: possibleCpus(),
  };
}

/**
 * What `core-gen relocate --insns` prints, and the records of functions and lines behind each program, and the contents
 * of data behind each map.
 */
export function ourLinesWithRecords(object: BpfObject, machine: LoadingMachine): string[] {
  const { kernel, target } = machine;
  const programs = object.programs.filter(({ autoload }) => autoload);
  const records = programImages(object, programs, target, kernel).map((image) => {
    const { funcInfo, lineInfo } = describe(image);
    return [...funcInfo.map((info) => `func ${info.join(" ")}`), ...lineInfo.map((line) => `line ${line.join(" ")}`)];
  });
  const lines: string[] = [];
  for (const line of insnLines(object, machine)) {
    const map = /^map (\d+)/u.exec(line)?.[1];
    // The records of a program come when the next one begins, or the maps.
    if (lines.length > 0 && (line.startsWith("prog ") || map !== undefined)) lines.push(...(records.shift() ?? []));
    const data = object.maps[Number(map)]?.data;
    lines.push(line, ...(data === undefined ? [] : [`data ${map} ${contentsOf(object, data)}`]));
  }
  return [...lines, ...records.flat()];
}

/** In hexadecimal, as it is first loaded. */
function contentsOf(object: BpfObject, data: DataSection): string {
  const contents = data.contents.slice();
  const yes = (): boolean => true;
  if (data.kind === "kconfig")
    fillInKconfig(object, { ...runningKconfig, hasBpfCookie: yes, hasSyscallWrapper: yes }, contents);
  return Buffer.from(contents).toString("hex");
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
