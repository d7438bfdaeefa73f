import { mapTypes, type MapTypeName } from "../../object/bpf-enums.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../object/model.ts";
import { CoreGenError } from "../../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { nearNames } from "../../object/near-names.ts";
import type { AttachTargetSetting, LoadSettings } from "./types.ts";

/** The programs that will be loaded, after everything that can be wrong without asking the kernel was looked at. */
export function checkBeforeLoading(object: BpfObject, settings: LoadSettings): BpfProgram[] {
  checkByteOrder(object);
  checkSettings(object, settings);
  const programs = object.programs.filter(({ name, autoload }) => settings.autoload.get(name) ?? autoload);
  checkInitialSlots(object);
  for (const map of object.maps) checkMap(object, map);
  for (const program of programs) checkProgram(object, program, settings.attachTargets?.get(program.name));
  return programs;
}

function checkByteOrder(object: BpfObject): void {
  if (object.littleEndian === hostIsLittleEndian) return;
  const [is, needed] = hostIsLittleEndian ? ["big", "little"] : ["little", "big"];
  throw new CoreGenError(
    "bad-object",
    `loading ${object.elf.what}: it was compiled for ${is}-endian machines, this is a ${needed}-endian one`,
    {
      hints: [`Compile it with --target=${needed === "little" ? "bpfel" : "bpfeb"}, or --target=bpf on this machine.`],
    },
  );
}

function checkSettings(object: BpfObject, settings: LoadSettings): void {
  const programs = object.programs.map(({ name }) => name);
  const maps = object.maps.filter(({ data }) => data === undefined);
  const sections = object.maps.flatMap(({ data }) => (data === undefined ? [] : [data]));
  for (const name of [...settings.autoload.keys(), ...(settings.attachTargets?.keys() ?? [])])
    checkName(object, "program", name, programs);
  for (const [name, count] of settings.maxEntries) {
    checkName(
      object,
      "map",
      name,
      maps.map((map) => map.name),
    );
    if (Number.isInteger(count) && count >= 0 && count <= 0xffff_ffff) continue;
    throw badInput(object, `map "${name}" can't have ${count} entries`, ["It is a whole number below 2^32."]);
  }
  for (const [name, contents] of settings.contents) {
    checkName(
      object,
      "section",
      name,
      sections.map(({ section }) => section),
    );
    const size = sections.find(({ section }) => section === name)?.contents.length;
    if (size === contents.length) continue;
    throw badInput(
      object,
      `section ${name} has ${size} bytes, and contents of ${contents.length} bytes were given`,
      [],
    );
  }
}

function checkName(object: BpfObject, kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = nearNames(name, names);
  throw badInput(object, `it has no ${kind} "${name}"`, [
    near.length > 0 ? `Near it: ${near.join(", ")}.` : `It has: ${names.length > 0 ? names.join(", ") : "none"}.`,
  ]);
}

/** Maps that hold maps or programs from the start have relocations in `.maps`. */
function checkInitialSlots(object: BpfObject): void {
  const section = object.elf.section(".maps");
  if (section === undefined || object.elf.relocations(section.index).length === 0) return;
  throw unsupported(object, "it has a map whose initial values are maps or programs");
}

const PIN_BY_NAME = 1;
const beyondUs: readonly MapTypeName[] = ["array_of_maps", "hash_of_maps", "arena", "insn_array"];

function checkMap(object: BpfObject, map: MapDef): void {
  const kind = mapTypes[map.type];
  if (kind !== undefined && beyondUs.includes(kind))
    throw unsupported(object, `the map "${map.name}" is of the kind ${kind}`);
  if (map.pinning === PIN_BY_NAME) throw unsupported(object, `the map "${map.name}" is pinned (LIBBPF_PIN_BY_NAME)`);
}

function checkProgram(object: BpfObject, program: BpfProgram, target: AttachTargetSetting | undefined): void {
  const { def, section, name } = program;
  if (def === undefined) {
    throw new CoreGenError(
      "bad-object",
      `loading ${object.elf.what}: program "${name}": no kind of program is called SEC("${section}")`,
      {
        hints: ["The names are libbpf's: https://docs.kernel.org/bpf/libbpf/program_types.html"],
      },
    );
  }
  if (target !== undefined && !def.needsAttachTarget) {
    throw badInput(object, `program "${name}" is in SEC("${section}"), which attaches to no function`, [
      "Leave its attachTarget out.",
    ]);
  }
  if (def.needsAttachTarget && def.extra === "" && target?.function === undefined && target?.program === undefined) {
    throw new CoreGenError(
      "bad-object",
      `loading ${object.elf.what}: program "${name}": SEC("${section}") does not say what it attaches to`,
      {
        hints: [`Write it behind a slash: SEC("${def.prefix}/NAME"), or set attachTarget before loading.`],
      },
    );
  }
}

function badInput(object: BpfObject, problem: string, hints: readonly string[]): CoreGenError {
  return new CoreGenError("bad-input", `loading ${object.elf.what}: ${problem}`, { hints });
}

function unsupported(object: BpfObject, what: string): CoreGenError {
  return new CoreGenError("unsupported", `loading ${object.elf.what}: ${what}, which core-gen can't load yet`);
}
