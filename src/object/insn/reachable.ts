import { followFlow } from "./flow.ts";
import { BPF_JMP32, insnClass, type Insn } from "./insn.ts";
import type { Registers } from "./registers.ts";
import { constant, type Value } from "./values.ts";

/** Instructions looked at, by instruction of the function, before all of it is taken for reachable. */
const EFFORT = 1000;
const BPF_X = 0x08;

/**
 * The slots of a function that can be reached, as far as constants tell: what stands behind `if (0)`, which is what a
 * `bpf_core_field_exists()` that answers no comes to, is not among them. The verifier goes by the same rule.
 */
export function reachableSlots(insns: readonly Insn[]): ReadonlySet<number> {
  const reached = new Set<number>();
  let left = insns.length * EFFORT;
  followFlow({
    insns,
    args: [],
    loaded: () => undefined,
    atCall: () => undefined,
    atBlock: (first, last) => {
      for (let slot = first; slot <= last; slot++) reached.add(slot);
    },
    decide: jumps,
    spend: (steps) => (left -= steps) > 0,
  });
  return left > 0 ? reached : new Set(insns.keys());
}

/** Whether a conditional jump of two constants jumps; undefined where that can't be told. */
function jumps(insn: Insn, registers: Registers): boolean | undefined {
  const a = only(registers.get(insn.dst));
  const b = only((insn.code & BPF_X) === 0 ? constant(insn.imm) : registers.get(insn.src));
  if (a === undefined || b === undefined) return undefined;
  const bits = insnClass(insn) === BPF_JMP32 ? 32 : 64;
  return compare(insn.code & 0xf0, BigInt.asUintN(bits, BigInt(a)), BigInt.asUintN(bits, BigInt(b)), bits);
}

function only(value: Value): number | undefined {
  return value.kind === "const" && value.values.length === 1 ? value.values[0] : undefined;
}

function compare(operation: number, a: bigint, b: bigint, bits: number): boolean | undefined {
  const [x, y] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  switch (operation) {
    case 0x10: // ==
      return a === b;
    case 0x20: // >
      return a > b;
    case 0x30: // >=
      return a >= b;
    case 0x40: // &
      return (a & b) !== 0n;
    case 0x50: // !=
      return a !== b;
    case 0x60: // signed >
      return x > y;
    case 0x70: // signed >=
      return x >= y;
    case 0xa0: // <
      return a < b;
    case 0xb0: // <=
      return a <= b;
    case 0xc0: // signed <
      return x < y;
    case 0xd0: // signed <=
      return x <= y;
    default:
      return undefined;
  }
}
