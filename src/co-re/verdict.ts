import { reachableSlots } from "../object/insn/reachable.ts";
import type { BpfFunction } from "../object/model.ts";
import type { Relocated, RelocationEntry } from "./relocate.ts";
import { relocationValue } from "./values.ts";

/**
 * What a kernel means for one relocation: nothing changes; the value does; only the width of the load does; the kernel
 * doesn't have it, and the program asked first (`absent`: the question, `guarded`: the reading behind it); or an
 * instruction that can be reached is poisoned, because the kernel doesn't have it (`missing`) or has it with a size that
 * the load can't be adjusted to (`unsafe`).
 */
export type Verdict = "same" | "moved" | "resized" | "absent" | "guarded" | "missing" | "unsafe";

/** The verdict on every relocation, in the order of `relocated.entries`. */
export function judge(relocated: Relocated): Verdict[] {
  const reachable = new Map<BpfFunction, ReadonlySet<number>>();
  const isReachable = ({ code, insn }: RelocationEntry): boolean => {
    let slots = reachable.get(code);
    if (slots === undefined) reachable.set(code, (slots = reachableSlots(relocated.code.get(code) ?? [])));
    return slots.has(insn);
  };
  return relocated.entries.map((entry) => {
    if (entry.newValue !== undefined) return judgeFound(entry);
    if (!isReachable(entry)) return "guarded";
    return entry.target === undefined ? "missing" : "unsafe";
  });
}

function judgeFound({ kind, local, target, oldValue, newValue }: RelocationEntry): Verdict {
  if (target === undefined) return "absent";
  if (newValue !== oldValue) return "moved";
  const sizes = [local, target].map((spec) => relocationValue(spec, kind, local.btf.littleEndian)?.access?.size);
  return sizes[0] === sizes[1] ? "same" : "resized";
}
