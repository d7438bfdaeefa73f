import { mapTypes } from "../../object/bpf-enums.ts";
import { BPF_PSEUDO_MAP_VALUE, type Insn } from "../../object/insn/insn.ts";
import { jumpTablesOf } from "../../object/jump-tables.ts";
import { JUMP_TABLES } from "../../object/model.ts";
import type { CloseStack } from "../close-stack.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, BPF_MAP_CREATE, bpfOrThrow } from "../sys/bpf.ts";
import { EINVAL } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { mapFreeze, mapUpdate } from "../sys/map-ops.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import type { ProgramContext } from "./types.ts";

/** `struct bpf_insn_array_value`: where the instruction was, and is after verification and as machine code. */
const VALUE_SIZE = 16;

/**
 * Makes the jump tables of a program, each a map that the kernel keeps up to date while it rewrites the program, and puts
 * them into the instructions that load them (libbpf: `create_jt_map`). Linux 6.19. The program holds on to them; `opened`
 * gets their descriptors.
 */
export function fillInJumpTables(
  prepared: PreparedProgram,
  insns: readonly Insn[],
  { object }: ProgramContext,
  opened: CloseStack,
): void {
  const known = new Map<number, Fd>();
  for (const { slot, offset, entries } of jumpTablesOf(object, prepared)) {
    const table = known.get(offset) ?? opened.add(createJumpTable(prepared, entries));
    known.set(offset, table);
    const insn = insns[slot];
    if (insn === undefined) continue;
    insn.src = BPF_PSEUDO_MAP_VALUE;
    insn.imm = table.number;
    insn.off = 0;
  }
}

function createJumpTable({ program }: PreparedProgram, entries: readonly number[]): Fd {
  const what = `a jump table of program "${program.name}"`;
  const attr = new Attr(44)
    .u32(0, mapTypes.indexOf("insn_array"))
    .u32(4, 4)
    .u32(8, VALUE_SIZE)
    .u32(12, entries.length)
    .name(28, JUMP_TABLES);
  const meaning = new Map([[EINVAL, "this kernel can't jump by a table"]]);
  const table = new Fd(bpfOrThrow(BPF_MAP_CREATE, attr, `creating ${what}`, meaning), what);
  try {
    fill(table, entries);
  } catch (error) {
    table.close();
    throw error;
  }
  return table;
}

function fill(table: Fd, entries: readonly number[]): void {
  const [key, value] = [new Uint8Array(4), new Uint8Array(VALUE_SIZE)];
  const [keyView, valueView] = [new DataView(key.buffer), new DataView(value.buffer)];
  entries.forEach((entry, index) => {
    keyView.setUint32(0, index, hostIsLittleEndian);
    valueView.setUint32(0, entry, hostIsLittleEndian);
    mapUpdate(table, key, value);
  });
  mapFreeze(table);
}
