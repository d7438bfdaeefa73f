import type { Btf } from "../btf/btf.ts";
import { findAttachTarget, type AttachTarget } from "../co-re/attach-target.ts";
import { moduleWith, relocationTargets } from "../co-re/kernel-types.ts";
import { fillInExterns } from "../co-re/fill-in-externs.ts";
import { relocate } from "../co-re/relocate.ts";
import type { MatchedStructOps } from "../co-re/struct-ops.ts";
import { planStructOps, structOpsTarget, type StructOpsPlan, type StructOpsTarget } from "../co-re/struct-ops-plan.ts";
import { resolveExterns, type KernelSymbols } from "../co-re/resolve-externs.ts";
import { CoreGenError } from "../errors.ts";
import { attachTypes } from "../object/bpf-enums.ts";
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, encodeInsns } from "../object/insn/insn.ts";
import { jumpTablesOf } from "../object/jump-tables.ts";
import { linkProgram, type LinkedProgram } from "../object/link.ts";
import { kernelMapName, objectNameOf } from "../object/map-names.ts";
import { mapParams, type MapMachine } from "../object/map-params.ts";
import type { BpfObject, BpfProgram, MapDef } from "../object/model.ts";
import type { SectionDef } from "../object/sections.ts";

/** One program, complete but for descriptors: what the kernel would get, with maps by their index in the object. */
export interface ProgramImage {
  readonly program: BpfProgram;
  readonly linked: LinkedProgram;
  /** Eight bytes in hexadecimal per instruction, in memory order. */
  readonly insns: readonly string[];
  /** Which instruction loads which map: instruction index → map index. */
  readonly mapAt: ReadonlyMap<number, number>;
  /** Which instruction loads a jump table with which entries. */
  readonly tableAt: ReadonlyMap<number, readonly number[]>;
}

/** What an object meets. */
export interface LoadingMachine extends MapMachine {
  /** What programs attach to and call. */
  readonly kernel: KernelSymbols;
  /** What programs are relocated against. */
  readonly target: Btf;
  /** `KERNEL_VERSION(a, b, c)`. */
  readonly version: number;
}

/**
 * What libbpf would give to a kernel that can do everything, in the lines of `core-referee`: programs with their
 * instructions, then maps.
 *
 * Throws a `CoreGenError` where libbpf refuses, and with code `unsupported` for what core-gen can't load yet.
 */
export function* insnLines(object: BpfObject, machine: LoadingMachine): Generator<string> {
  const objectName = objectNameOf(object);
  const { kernel } = machine;
  const created = { isCreated: ({ autocreate }: MapDef): boolean => autocreate };
  const plan = planStructOps(object, created, relocationTargets(kernel));
  const programs = object.programs.filter(({ name, autoload }) => plan.autoload.get(name) ?? autoload);
  for (const image of programImages(object, programs, machine.target, kernel)) {
    yield programLine(object, image, machine, plan);
    for (const [index, hex] of image.insns.entries()) {
      const map = image.mapAt.get(index);
      const def = map === undefined ? undefined : object.maps[map];
      const table = image.tableAt.get(index);
      if (table !== undefined) yield `${hex} jump ${table.join(" ")}`;
      else yield def === undefined ? hex : `${hex} map ${map} ${apiName(def, objectName)}`;
    }
  }
  for (const [index, def] of object.maps.entries())
    yield mapLine(index, def, objectName, machine, plan.maps.get(def.name));
}

/**
 * Relocates programs against a kernel's types, links them, and puts indexes where the loader puts descriptors: of maps in
 * the object, and of modules in the kernel, counted from 1.
 */
export function programImages(
  object: BpfObject,
  programs: readonly BpfProgram[],
  vmlinux: Btf,
  kernel: KernelSymbols,
): ProgramImage[] {
  const externs = resolveExterns(object, kernel);
  const { code } = relocate(object, { vmlinux }, { functions: [...programs, ...object.subprograms] });
  return programs.map((program) => {
    const linked = linkProgram(object, program, (part) => code.get(part) ?? part.insns);
    const mapAt = fillInMaps(object, linked);
    fillInExterns(linked.insns, linked.relocations, externs, (module) => 1 + kernel.modules.indexOf(module));
    const tables = jumpTablesOf(object, linked);
    for (const { slot } of tables)
      Object.assign(linked.insns[slot] ?? {}, { src: BPF_PSEUDO_MAP_VALUE, imm: 0, off: 0 });
    const insns = linked.insns.map((insn) => toHex(encodeInsns([insn], object.littleEndian)));
    const tableAt = new Map(tables.map(({ slot, entries }) => [slot, entries]));
    return { program, linked, insns, mapAt, tableAt };
  });
}

function fillInMaps(object: BpfObject, linked: LinkedProgram): Map<number, number> {
  const mapAt = new Map<number, number>();
  for (const { insn: slot, target } of linked.relocations) {
    if (target.kind !== "map" && target.kind !== "data") continue;
    const [first, second] = [linked.insns[slot], linked.insns[slot + 1]];
    if (first === undefined || second === undefined)
      throw new CoreGenError("bad-object", `${object.elf.what}: the reference in instruction ${slot} is cut off`);
    if (target.kind === "data") second.imm = first.imm + target.offset;
    first.src = target.kind === "map" ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
    first.imm = target.map;
    mapAt.set(slot, target.map);
  }
  return mapAt;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function programLine(
  object: BpfObject,
  { program, linked }: ProgramImage,
  machine: LoadingMachine,
  plan: StructOpsPlan,
): string {
  const def = knownSection(object, program);
  const { attach, id, module } = attachmentOf(object, program, def, machine.kernel, plan);
  const flags = (def.sleepable ? BPF_F_SLEEPABLE : 0) | (def.frags ? BPF_F_XDP_HAS_FRAGS : 0);
  const version = object.kernelVersion || machine.version;
  return [
    `prog ${program.name} sec=${sectionOf(program)} type=${def.type} attach=${attach} btf_id=${id}`,
    `flags=0x${flags.toString(16)} kver=0x${version.toString(16)}`,
    `func=${linked.funcInfo.length} line=${linked.lineInfo.length} insns=${linked.insns.length}`,
    ...(module === undefined ? [] : [`module=${module.name}`]),
  ].join(" ");
}

function attachmentOf(
  object: BpfObject,
  program: BpfProgram,
  def: SectionDef,
  kernel: KernelSymbols,
  plan: StructOpsPlan,
): AttachTarget & { readonly attach: number } {
  if (def.typeName === "struct_ops") return attachmentToMember(structOpsTarget(object, plan, program), kernel);
  const target = def.needsAttachTarget ? findAttachTarget(program, def, kernel) : { id: 0, module: undefined };
  return { ...target, attach: expectedAttachType(def) };
}

function attachmentToMember(
  { kernel: struct, index }: StructOpsTarget,
  kernel: KernelSymbols,
): ReturnType<typeof attachmentOf> {
  return { id: struct.typeId, module: moduleWith(kernel, struct.btf), attach: index };
}

// uapi/linux/bpf.h
const BPF_F_SLEEPABLE = 0x10;
const BPF_F_XDP_HAS_FRAGS = 0x20;

function knownSection(object: BpfObject, program: BpfProgram): SectionDef {
  const { def, section, name } = program;
  if (def === undefined)
    throw new CoreGenError(
      "bad-object",
      `${object.elf.what}: program ${name}: no kind of program is called SEC("${section}")`,
    );
  return def;
}

/** Like libbpf, without the mark of programs that are not loaded by default. */
function sectionOf({ section }: BpfProgram): string {
  return section.replace(/^\?/u, "");
}

/** USDT probes become one link with many places where the kernel has that, since 6.6 (libbpf: `libbpf_prepare_prog_load`). */
function expectedAttachType(def: SectionDef): number {
  return def.prefix.startsWith("usdt") ? attachTypes.indexOf("trace_uprobe_multi") : def.attachType;
}

function mapLine(
  index: number,
  def: MapDef,
  objectName: string,
  machine: MapMachine,
  structOps: MatchedStructOps | undefined,
): string {
  const params = mapParams(def, objectName, machine);
  const { name, keySize, maxEntries, flags, keyTypeId, valueTypeId } = params;
  const valueSize = structOps?.kernel.valueSize ?? params.valueSize;
  const line = [
    `map ${index} ${apiName(def, objectName)} type=${def.type} key=${keySize} value=${valueSize} max=${maxEntries}`,
    `flags=0x${flags.toString(16)} extra=0x${def.mapExtra.toString(16)}`,
  ];
  if (def.autocreate)
    line.push(
      `btf_key=${keyTypeId} btf_value=${valueTypeId} vmlinux_value=${structOps?.kernel.valueTypeId ?? 0}`,
      `inner=${def.inner === undefined ? 0 : 1} name=${name}`,
    );
  return line.join(" ");
}

/** What `bpf_map__name` says: the whole C name, or the section's of one's own, or the kernel's name of global data. */
function apiName(def: MapDef, objectName: string): string {
  return def.data === undefined || def.data.section.includes(".", 1) ? def.name : kernelMapName(def, objectName);
}
