import type { Btf } from "../btf/btf.ts";
import { attachTargetId } from "../co-re/attach-target.ts";
import { relocate } from "../co-re/relocate.ts";
import type { MatchedStructOps } from "../co-re/struct-ops.ts";
import { planStructOps, structOpsTarget, type StructOpsPlan } from "../co-re/struct-ops-plan.ts";
import { CoreGenError } from "../errors.ts";
import { attachTypes } from "../object/bpf-enums.ts";
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, encodeInsns } from "../object/insn/insn.ts";
import { linkProgram, type LinkedProgram } from "../object/link.ts";
import { kernelMapName, objectNameOf } from "../object/map-names.ts";
import { mapParams, type MapMachine } from "../object/map-params.ts";
import type { BpfFunction, BpfObject, BpfProgram, MapDef } from "../object/model.ts";
import type { SectionDef } from "../object/sections.ts";

/** One program, complete but for descriptors: what the kernel would get, with maps by their index in the object. */
export interface ProgramImage {
  readonly program: BpfProgram;
  readonly linked: LinkedProgram;
  /** Eight bytes in hexadecimal per instruction, in memory order. */
  readonly insns: readonly string[];
  /** Which instruction loads which map: instruction index → map index. */
  readonly mapAt: ReadonlyMap<number, number>;
}

/** What an object meets. */
export interface LoadingMachine extends MapMachine {
  /** The kernel's types: what programs attach to. */
  readonly kernel: Btf;
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
  const plan = planStructOps(object, { isCreated: ({ autocreate }) => autocreate }, { vmlinux: machine.kernel });
  const programs = object.programs.filter(({ name, autoload }) => plan.autoload.get(name) ?? autoload);
  for (const image of programImages(object, programs, machine.target)) {
    yield programLine(object, image, machine, plan);
    for (const [index, hex] of image.insns.entries()) {
      const map = image.mapAt.get(index);
      const def = map === undefined ? undefined : object.maps[map];
      yield def === undefined ? hex : `${hex} map ${map} ${apiName(def, objectName)}`;
    }
  }
  for (const [index, def] of object.maps.entries())
    yield mapLine(index, def, objectName, machine, plan.maps.get(def.name));
}

/** Relocates programs against a kernel's types, links them, and puts map indexes where the loader puts descriptors. */
export function programImages(object: BpfObject, programs: readonly BpfProgram[], vmlinux: Btf): ProgramImage[] {
  const { code } = relocate(object, { vmlinux }, { functions: [...programs, ...object.subprograms] });
  return programs.map((program) => imageOf(object, program, code));
}

function imageOf(
  object: BpfObject,
  program: BpfProgram,
  code: ReadonlyMap<BpfFunction, BpfFunction["insns"]>,
): ProgramImage {
  const linked = linkProgram(object, program, (part) => code.get(part) ?? part.insns);
  const mapAt = fillInIndexes(object, program, linked);
  const insns = linked.insns.map((insn) => toHex(encodeInsns([insn], object.littleEndian)));
  return { program, linked, insns, mapAt };
}

function fillInIndexes(object: BpfObject, program: BpfProgram, linked: LinkedProgram): Map<number, number> {
  const mapAt = new Map<number, number>();
  for (const { insn: slot, target } of linked.relocations) {
    const [first, second] = [linked.insns[slot], linked.insns[slot + 1]];
    if (target.kind === "extern") {
      const name = object.externs[target.extern]?.name ?? "";
      throw new CoreGenError(
        "unsupported",
        `${object.elf.what}: program ${program.name} needs the __ksym symbol ${name}, which core-gen can't load yet`,
      );
    }
    if (target.kind !== "map" && target.kind !== "data") continue;
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
  const { attach, btfId } = attachmentOf(object, program, def, machine, plan);
  const flags = (def.sleepable ? BPF_F_SLEEPABLE : 0) | (def.frags ? BPF_F_XDP_HAS_FRAGS : 0);
  const version = object.kernelVersion || machine.version;
  return [
    `prog ${program.name} sec=${sectionOf(program)} type=${def.type} attach=${attach} btf_id=${btfId}`,
    `flags=0x${flags.toString(16)} kver=0x${version.toString(16)}`,
    `func=${linked.funcInfo.length} line=${linked.lineInfo.length} insns=${linked.insns.length}`,
  ].join(" ");
}

function attachmentOf(
  object: BpfObject,
  program: BpfProgram,
  def: SectionDef,
  machine: LoadingMachine,
  plan: StructOpsPlan,
): { attach: number; btfId: number } {
  if (def.typeName === "struct_ops") {
    const { kernel, index } = structOpsTarget(object, plan, program);
    return { attach: index, btfId: kernel.typeId };
  }
  const btfId = def.needsAttachTarget ? attachTargetId(program, def, machine.kernel) : 0;
  return { attach: expectedAttachType(def), btfId };
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
  if (def.typeName === "ext") {
    throw new CoreGenError(
      "unsupported",
      `${object.elf.what}: the program ${name} is in SEC("${section}"), which core-gen can't load yet`,
    );
  }
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
