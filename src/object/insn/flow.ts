import { BPF_JMP, BPF_JMP32, CALL, EXIT, insnClass, LD_IMM64, type Insn } from "./insn.ts";
import { Registers } from "./registers.ts";
import { constant, type Value } from "./values.ts";

/** `goto` by `off`, and by `imm` (`gotol`, since 6.6). */
const JA = 0x05;
const JA32 = 0x06;
/** `goto *rX` through a jump table (since 6.19): where to, only the table's loader knows. */
const JAX = 0x0d;
/** Copying and merging what is known of the registers, and of one spill, costs as much as this many instructions. */
const BLOCK_STEPS = 16;
const SPILL_STEPS = 4;

/** One function, and who wants to know what. */
export interface FlowQuestion {
  readonly insns: readonly Insn[];
  /** What is known of r1 to r5 at the begin. */
  readonly args: readonly Value[];
  /** What the relocation of a `ld_imm64` loads; undefined when it has none. */
  loaded(slot: number): Value | undefined;
  /** Called at each call, again whenever less is known there than before: the last time counts. */
  atCall(slot: number, registers: Registers): void;
  /** Which ways a conditional jump can go, where that can be told; without it, both. */
  readonly decide?: (jump: Insn, registers: Registers) => boolean | undefined;
  /** Called for each stretch of instructions that can be reached, maybe several times. */
  readonly atBlock?: (first: number, last: number) => void;
  /** Counts work; false stops it. */
  spend(steps: number): boolean;
}

/**
 * Follows all ways through a function and tells what each call gets in its registers, as far as it can be told.
 *
 * A forward dataflow over basic blocks: what is known at the begin of a block is what all ways to it agree on.
 */
export function followFlow(question: FlowQuestion): void {
  const { insns } = question;
  if (!question.spend(insns.length)) return;
  const leaders = findLeaders(insns);
  const known = new Map<number, Registers>([[0, Registers.atEntry(question.args)]]);
  const waiting = new Set<number>([0]);
  for (const block of waiting) {
    waiting.delete(block);
    const registers = known.get(block)?.copy();
    if (registers === undefined) continue;
    const { last, steps } = runBlock(question, block, leaders, registers);
    question.atBlock?.(block, last);
    if (!question.spend(steps + BLOCK_STEPS + SPILL_STEPS * registers.spillCount)) return;
    for (const next of feasibleSuccessors(question, last, registers)) {
      const before = known.get(next);
      if (before === undefined) known.set(next, registers.copy());
      if (before === undefined || before.merge(registers)) waiting.add(next);
    }
  }
}

/** Runs from a leader to the end of its block; `last` is the slot of the block's last instruction. */
function runBlock(
  question: FlowQuestion,
  start: number,
  leaders: ReadonlySet<number>,
  registers: Registers,
): { last: number; steps: number } {
  const { insns } = question;
  let slot = start;
  for (;;) {
    const insn = insns[slot];
    if (insn === undefined) return { last: slot, steps: slot - start };
    if (insn.code === LD_IMM64) registers.load(insn.dst, question.loaded(slot) ?? constant64(insn, insns[slot + 1]));
    if (insn.code === CALL) question.atCall(slot, registers);
    if (insn.code !== LD_IMM64) registers.step(insn);
    const next = slot + width(insn);
    if (endsBlock(insn) || leaders.has(next)) return { last: slot, steps: next - start };
    slot = next;
  }
}

function constant64(low: Insn, high: Insn | undefined): Value {
  const value = (high?.imm ?? 0) * 2 ** 32 + (low.imm >>> 0);
  return Number.isSafeInteger(value) ? constant(value) : { kind: "unknown" };
}

function findLeaders(insns: readonly Insn[]): Set<number> {
  const leaders = new Set<number>([0]);
  for (let slot = 0; slot < insns.length; slot += width(insns[slot])) {
    const insn = insns[slot];
    if (insn !== undefined && endsBlock(insn)) for (const next of successors(insns, slot)) leaders.add(next);
  }
  return leaders;
}

/** Where the code can go on after an instruction; places outside of the function are left out. */
function successors(insns: readonly Insn[], slot: number): number[] {
  const insn = insns[slot];
  if (insn === undefined || insn.code === EXIT || insn.code === JAX) return [];
  const next = slot + width(insn);
  if (!endsBlock(insn)) return within(insns, [next]);
  if (insn.code === JA32) return within(insns, [next + insn.imm]);
  if (insn.code === JA) return within(insns, [next + insn.off]);
  return within(insns, [next, next + insn.off]);
}

/** Without the way that a conditional jump can't go (what `decide` says is whether it jumps). */
function feasibleSuccessors({ insns, decide }: FlowQuestion, slot: number, registers: Registers): number[] {
  const insn = insns[slot];
  const jumps = insn !== undefined && isConditional(insn) ? decide?.(insn, registers) : undefined;
  if (insn === undefined || jumps === undefined) return successors(insns, slot);
  return within(insns, [slot + 1 + (jumps ? insn.off : 0)]);
}

function isConditional(insn: Insn): boolean {
  return endsBlock(insn) && ![EXIT, JA, JA32, JAX].includes(insn.code);
}

function within(insns: readonly Insn[], slots: readonly number[]): number[] {
  return slots.filter((slot) => slot >= 0 && slot < insns.length);
}

function endsBlock(insn: Insn): boolean {
  const kind = insnClass(insn);
  return (kind === BPF_JMP || kind === BPF_JMP32) && insn.code !== CALL;
}

function width(insn: Insn | undefined): number {
  return insn?.code === LD_IMM64 ? 2 : 1;
}
