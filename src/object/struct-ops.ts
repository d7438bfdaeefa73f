import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { Member, StructType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { mapTypes } from "./bpf-enums.ts";
import { SHT_PROGBITS, type Elf, type ElfRelocation, type ElfSection } from "./elf/elf.ts";
import { INSN_SIZE } from "./insn/insn.ts";
import type { BpfProgram, MapDef, StructOpsDef } from "./model.ts";

/** Flag of a struct_ops map that is registered by a BPF link. */
export const BPF_F_LINK = 0x2000;

const SECTION = ".struct_ops";
const LINK_SECTION = ".struct_ops.link";
const LARGEST_SECTION_INDEX = 0xff00;

/**
 * Reads the maps of `.struct_ops` and `.struct_ops.link`: each variable is one, and holds functions and values for a part
 * of the kernel (libbpf: `bpf_object_init_struct_ops`, `bpf_object__collect_st_ops_relos`).
 *
 * Those of a section that begins with "?" are not created unless the user asks.
 */
export function readStructOps(elf: Elf, btf: Btf | undefined, programs: readonly BpfProgram[]): MapDef[] {
  const sections = elf.sections.filter(({ type, name }) => type === SHT_PROGBITS && isStructOps(name));
  return sections.flatMap((section) => readSection(elf, btf, section, programs));
}

function isStructOps(name: string): boolean {
  const base = name.replace(/^\?/u, "");
  return base === SECTION || base === LINK_SECTION;
}

function readSection(elf: Elf, btf: Btf | undefined, section: ElfSection, programs: readonly BpfProgram[]): MapDef[] {
  const id = btf?.find(section.name, "datasec");
  if (btf === undefined || id === undefined) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}: it has a section ${section.name}, but no BTF that describes it`,
      {
        hints: ["Compile with `clang -g`."],
      },
    );
  }
  const datasec = btf.type(id);
  if (datasec.kind !== "datasec") return [];
  const variables = datasec.vars.map(({ type, offset }) => readVariable({ elf, btf, section }, type, offset));
  bindFunctions({ elf, btf, section }, variables, programs);
  return variables.map(({ name, struct, definition }) => asMap(name, struct, section, definition));
}

interface Place {
  readonly elf: Elf;
  readonly btf: Btf;
  readonly section: ElfSection;
}

interface StructOpsVariable {
  readonly name: string;
  /** In bytes from the section's start. */
  readonly offset: number;
  readonly struct: StructType;
  readonly functions: Map<number, string>;
  readonly definition: StructOpsDef;
}

function readVariable({ elf, btf, section }: Place, varId: number, offset: number): StructOpsVariable {
  const variable = btf.type(varId);
  const what = `${elf.what}, section ${section.name}: ${variable.name}`;
  if (variable.kind !== "var")
    throw new CoreGenError("bad-btf", `${what} is of kind ${variable.kind} and not a variable`);
  const { id: typeId, type: struct } = skipModifiers(btf, variable.type);
  if (struct.kind !== "struct" || struct.name === "") {
    const is = struct.kind === "struct" ? "an unnamed struct" : `of kind ${struct.kind}`;
    throw new CoreGenError("bad-object", `${what} is ${is}, and has to be a struct of the kernel's`);
  }
  if (offset + struct.size > section.size)
    throw new CoreGenError("bad-object", `${what} ends after its section (${section.size} bytes)`);
  const functions = new Map<number, string>();
  const contents = section.data.subarray(offset, offset + struct.size);
  return {
    name: variable.name,
    offset,
    struct,
    functions,
    definition: { section: section.name, typeId, contents, functions },
  };
}

function bindFunctions(place: Place, variables: readonly StructOpsVariable[], programs: readonly BpfProgram[]): void {
  const byPlace = new Map(programs.map((one) => [placeKey(one.sectionIndex, one.sectionInsnOffset), one]));
  for (const relocation of place.elf.relocations(place.section.index)) {
    const variable = variables.find(({ offset, struct }) => {
      return relocation.offset >= offset && relocation.offset < offset + struct.size;
    });
    if (variable === undefined) throw badRelocation(place, relocation, "is outside of its variables");
    const index = memberAt(variable.struct, relocation.offset - variable.offset);
    const member = variable.struct.members[index];
    if (member === undefined) throw badRelocation(place, relocation, `is inside a member of ${variable.name}`);
    checkIsFunction(place, variable, member, relocation);
    const { symbol } = relocation;
    const program =
      symbol.value % INSN_SIZE === 0 ? byPlace.get(placeKey(symbol.section, symbol.value / INSN_SIZE)) : undefined;
    if (program === undefined || symbol.section >= LARGEST_SECTION_INDEX)
      throw badRelocation(place, relocation, `is no program, and ${variable.name}.${member.name} needs one`);
    if (program.def?.typeName !== "struct_ops") throw notForStructOps(place, variable, member, program);
    variable.functions.set(index, program.name);
  }
}

function placeKey(section: number, slot: number): string {
  return `${section}:${slot}`;
}

function memberAt({ members }: StructType, offset: number): number {
  return members.findIndex(({ bitOffset }) => bitOffset === offset * 8);
}

function checkIsFunction(
  { elf, btf, section }: Place,
  { name }: StructOpsVariable,
  member: Member,
  { symbol }: ElfRelocation,
): void {
  if (isFunctionPointer(btf, member.type)) return;
  throw new CoreGenError(
    "bad-object",
    `${elf.what}, section ${section.name}: ${name}.${member.name} is initialised with the address of ${symbolName(symbol.name)}, and is no pointer to a function`,
    { hints: ["In a struct for the kernel only functions and plain values can be set."] },
  );
}

/** Whether a member is what a program can be put into (libbpf: `resolve_func_ptr`). */
export function isFunctionPointer(btf: Btf, typeId: number): boolean {
  const { type: pointer } = skipModifiers(btf, typeId);
  return pointer.kind === "ptr" && skipModifiers(btf, pointer.type).type.kind === "func_proto";
}

function notForStructOps(
  { elf, section }: Place,
  { name }: StructOpsVariable,
  { name: member }: Member,
  program: BpfProgram,
): CoreGenError {
  return new CoreGenError(
    "bad-object",
    `${elf.what}, section ${section.name}: ${name}.${member} is the program "${program.name}", which is in SEC("${program.section}")`,
    { hints: [`Only programs of struct_ops can be there: SEC("struct_ops/${program.name}").`] },
  );
}

function badRelocation({ elf, section }: Place, { offset, symbol }: ElfRelocation, problem: string): CoreGenError {
  return new CoreGenError(
    "bad-object",
    `${elf.what}, section ${section.name}: the relocation at byte ${offset} against ${symbolName(symbol.name)} ${problem}`,
  );
}

function symbolName(name: string): string {
  return name === "" ? "an unnamed symbol" : `"${name}"`;
}

function asMap(name: string, struct: StructType, section: ElfSection, structOps: StructOpsDef): MapDef {
  return {
    name,
    type: mapTypes.indexOf("struct_ops"),
    keySize: 4,
    valueSize: struct.size,
    maxEntries: 1,
    flags: section.name.endsWith(LINK_SECTION) ? BPF_F_LINK : 0,
    mapExtra: 0n,
    numaNode: undefined,
    pinning: 0,
    keyTypeId: 0,
    valueTypeId: 0,
    varTypeId: 0,
    inner: undefined,
    slots: [],
    arenaData: undefined,
    autocreate: !section.name.startsWith("?"),
    data: undefined,
    structOps,
  };
}
