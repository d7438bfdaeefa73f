import { CoreGenError } from "../errors.ts";
import { INSN_SIZE } from "./insn/insn.ts";
import type { LinkedProgram } from "./link.ts";
import { JUMP_TABLES, type BpfObject, type InsnRelocation } from "./model.ts";

const ENTRY_SIZE = 8;

/** A relocation against a jump table. */
export interface JumpTable {
  /** The instruction that loads its address, in slots of the linked program. */
  readonly slot: number;
  /** Where it begins in `.jumptables`: the same table, if it is the same in two relocations. */
  readonly offset: number;
  /** The instructions that it leads to, in slots of the linked program. */
  readonly entries: readonly number[];
}

/**
 * The jump tables of a program: in the file they count from the start of the section that their code was in, in the
 * kernel from the start of the program (libbpf: `create_jt_map`). Throws a `CoreGenError` with code `bad-object`.
 */
export function jumpTablesOf(object: BpfObject, linked: Pick<LinkedProgram, "relocations" | "parts">): JumpTable[] {
  return linked.relocations.flatMap(({ insn, target }) =>
    target.kind === "jump-table"
      ? [{ slot: insn, offset: target.offset, entries: entriesOf(object, linked, insn, target) }]
      : [],
  );
}

function entriesOf(
  object: BpfObject,
  { parts }: Pick<LinkedProgram, "parts">,
  slot: number,
  { offset, size }: Extract<InsnRelocation["target"], { kind: "jump-table" }>,
): number[] {
  const bad = (problem: string): CoreGenError =>
    new CoreGenError("bad-object", `${object.elf.what}: the jump table at byte ${offset} of ${JUMP_TABLES} ${problem}`);
  const section = object.elf.section(JUMP_TABLES);
  if (size === 0) throw bad("is empty");
  if (offset % ENTRY_SIZE !== 0 || size % ENTRY_SIZE !== 0)
    throw bad(`does not consist of ${ENTRY_SIZE} bytes an entry`);
  if (section === undefined || offset + size > section.data.length) throw bad("ends behind the section");
  const part = parts.findLast(({ start }) => start <= slot);
  if (part === undefined) throw bad("is in no function");
  const reader = object.elf.reader(section);
  return Array.from({ length: size / ENTRY_SIZE }, (_, index) => {
    const bytes = reader.offset64(offset + index * ENTRY_SIZE);
    const entry = bytes / INSN_SIZE - part.code.sectionInsnOffset + part.start;
    const inside = entry >= part.start && entry < part.start + part.code.insns.length;
    if (bytes % INSN_SIZE !== 0 || !inside) throw bad(`leads out of the function ${part.code.name}`);
    return entry;
  });
}
