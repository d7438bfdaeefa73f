import { describe, expect, it } from "vitest";

import { encodeInsns, type Insn } from "../../src/object/insn/insn.ts";
import { reachableSlots } from "../../src/object/insn/reachable.ts";

const insn = (code: number, dst = 0, imm = 0, off = 0, src = 0): Insn => ({ code, dst, src, off, imm });
const mov = (dst: number, imm: number): Insn => insn(0xb7, dst, imm);
const exit = insn(0x95);
/** `call bpf_get_prandom_u32`: what it returns, nobody knows. */
const random = insn(0x85, 0, 7);

const slots = (...insns: Insn[]): number[] => [...reachableSlots(insns)].sort((a, b) => a - b);

describe("what can be reached", () => {
  it.each<[string, Insn, number[]]>([
    ["0 == 0 jumps", insn(0x15, 1, 0, 1), [0, 1, 3]],
    ["0 != 0 does not", insn(0x55, 1, 0, 1), [0, 1, 2, 3]],
    ["0 > 0 does not", insn(0x25, 1, 0, 1), [0, 1, 2, 3]],
    ["0 >= 0 jumps", insn(0x35, 1, 0, 1), [0, 1, 3]],
    ["0 < -1 jumps, without signs", insn(0xa5, 1, -1, 1), [0, 1, 3]],
    ["0 < -1 does not, with signs", insn(0xc5, 1, -1, 1), [0, 1, 2, 3]],
    ["0 & 1 does not", insn(0x45, 1, 1, 1), [0, 1, 2, 3]],
    ["0 == 0 jumps, in 32 bits", insn(0x16, 1, 0, 1), [0, 1, 3]],
  ])("%s", (_, jump, reached) => {
    expect(slots(mov(1, 0), jump, mov(0, 1), exit)).toEqual(reached);
  });

  it("is both ways of what only the run decides", () => {
    expect(slots(random, insn(0x15, 0, 0, 1), mov(0, 1), exit)).toEqual([0, 1, 2, 3]);
  });

  it("is what any way leads to: two constants that meet are no constant", () => {
    const code = [random, mov(1, 0), insn(0x15, 0, 0, 1), mov(1, 1), insn(0x15, 1, 0, 1), mov(0, 1), exit];
    expect(slots(...code)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("ends for code that goes round, and for bytes that are no code", () => {
    expect(slots(mov(1, 0), insn(0x07, 1, 1), insn(0x05, 0, 0, -2), exit)).toContain(2);
    const noise = Array.from({ length: 64 }, (_, index) =>
      insn((index * 37) % 256, index % 16, index, (index % 7) - 3),
    );
    expect(encodeInsns(noise, true)).toHaveLength(512);
    expect(reachableSlots(noise).size).toBeGreaterThan(0);
  });
});
