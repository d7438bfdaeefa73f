import type { BpfObject, BpfProgram } from "../../object/model.ts";
import { CoreGenError } from "../../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { nearNames } from "../../object/near-names.ts";
import type { LoadSettings } from "./types.ts";

/** The programs that will be loaded, after everything that can be wrong without asking the kernel was looked at. */
export function checkBeforeLoading(object: BpfObject, settings: LoadSettings): BpfProgram[] {
  checkByteOrder(object);
  checkSettings(object, settings);
  const programs = object.programs.filter(({ name, autoload }) => settings.autoload.get(name) ?? autoload);
  checkExterns(object);
  for (const program of programs) checkProgram(object, program);
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
  for (const name of settings.autoload.keys()) checkName(object, "program", name, programs);
}

/** Names that the object does not have are most often misspelt. */
export function checkName(object: BpfObject, kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = nearNames(name, names);
  throw badInput(object, `it has no ${kind} "${name}"`, [
    near.length > 0 ? `Near it: ${near.join(", ")}.` : `It has: ${names.length > 0 ? names.join(", ") : "none"}.`,
  ]);
}

function checkExterns(object: BpfObject): void {
  const [first, ...more] = object.externs.filter(({ kind }) => kind === "ksym");
  if (first === undefined) return;
  const others = more.length > 0 ? ` (and ${more.length} more)` : "";
  throw unsupported(object, `it needs the __ksym symbol ${first.name}${others}`);
}

function checkProgram(object: BpfObject, program: BpfProgram): void {
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
  if (def.typeName === "ext") {
    throw unsupported(object, `the program "${name}" is in SEC("${section}")`);
  }
  if (def.needsAttachTarget && def.extra === "") {
    throw new CoreGenError(
      "bad-object",
      `loading ${object.elf.what}: program "${name}": SEC("${section}") does not say what it attaches to`,
      {
        hints: [`Write it behind a slash: SEC("${def.prefix}/NAME").`],
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
