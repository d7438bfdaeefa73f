import type { BpfObject, BpfProgram } from "../../object/model.ts";
import { CoreGenError } from "../../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { nearNames } from "../../object/near-names.ts";
import type { AttachTargetSetting, LoadSettings } from "./types.ts";

/** The programs that will be loaded, after everything that can be wrong without asking the kernel was looked at. */
export function checkBeforeLoading(object: BpfObject, settings: LoadSettings): BpfProgram[] {
  checkByteOrder(object);
  checkSettings(object, settings);
  const programs = object.programs.filter(({ name, autoload }) => settings.autoload.get(name) ?? autoload);
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
  for (const name of [...settings.autoload.keys(), ...(settings.attachTargets?.keys() ?? [])])
    checkName(object, "program", name, programs);
}

/** Names that the object does not have are most often misspelt. */
export function checkName(object: BpfObject, kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = nearNames(name, names);
  throw badInput(object, `it has no ${kind} "${name}"`, [
    near.length > 0 ? `Near it: ${near.join(", ")}.` : `It has: ${names.length > 0 ? names.join(", ") : "none"}.`,
  ]);
}

function checkProgram(object: BpfObject, program: BpfProgram, target: AttachTargetSetting | undefined): void {
  const { def, section, name } = program;
  if (def === undefined) {
    throw new CoreGenError(
      "bad-object",
      `loading ${object.elf.what}: program "${name}": no kind of program is called SEC("${section}")`,
      {
        hints: [
          "The names are libbpf's: https://docs.kernel.org/bpf/libbpf/program_types.html",
          "registerSectionHandler() gives sections of your own a meaning, before a skeleton is opened.",
        ],
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

export function badInput(object: BpfObject, problem: string, hints: readonly string[]): CoreGenError {
  return new CoreGenError("bad-input", `loading ${object.elf.what}: ${problem}`, { hints });
}

export function unsupported(object: BpfObject, what: string): CoreGenError {
  return new CoreGenError("unsupported", `loading ${object.elf.what}: ${what}, which core-gen can't load yet`);
}
