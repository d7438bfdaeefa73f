import { describe, expect, it } from "vitest";

import { followFlow } from "../../src/object/insn/flow.ts";
import type { Insn } from "../../src/object/insn/insn.ts";
import type { Value } from "../../src/object/insn/values.ts";

type Code = Insn & { loads?: Value };

const insn = (code: number, dst = 0, src = 0, off = 0, imm = 0): Code => ({ code, dst, src, off, imm });
const mov = (dst: number, imm: number): Code => insn(0xb7, dst, 0, 0, imm);
const mov32 = (dst: number, imm: number): Code => insn(0xb4, dst, 0, 0, imm);
const copy = (dst: number, src: number): Code => insn(0xbf, dst, src);
const add = (dst: number, imm: number): Code => insn(0x07, dst, 0, 0, imm);
const shiftLeft = (dst: number, by: number): Code => insn(0x67, dst, 0, 0, by);
const shiftRight = (dst: number, by: number): Code => insn(0x77, dst, 0, 0, by);
/** `*(u64 *)(dst + off) = src` and `dst = *(u64 *)(src + off)`. */
const store = (dst: number, off: number, src: number): Code => insn(0x7b, dst, src, off);
const storeByte = (dst: number, off: number, src: number): Code => insn(0x73, dst, src, off);
const load = (dst: number, src: number, off: number): Code => insn(0x79, dst, src, off);
const loadWord = (dst: number, src: number, off: number): Code => insn(0x61, dst, src, off);
const fetchAdd = (dst: number, off: number, src: number): Code => insn(0xdb, dst, src, off, 0x01);
const compareExchange = (dst: number, off: number, src: number): Code => insn(0xdb, dst, src, off, 0xf1);
const loadAcquire = (dst: number, src: number, off: number): Code => insn(0xdb, dst, src, off, 0x100);
const jumpIfZero = (dst: number, off: number): Code => insn(0x15, dst, 0, off);
const goto = (off: number): Code => insn(0x05, 0, 0, off);
const gotol = (off: number): Code => insn(0x06, 0, 0, 0, off);
const call = (helper: number): Code => insn(0x85, 0, 0, 0, helper);
const exit = insn(0x95);
const theMap: Value = { kind: "map", maps: [3] };
const loadMap = (dst: number, map = theMap): Code[] => [{ ...insn(0x18, dst), loads: map }, insn(0)];

const LOOKUP = 1;
const WATCHED = 130;

/** What r1 and r2 hold at the last call of helper 130. */
function watch(code: readonly Code[], args: Value[] = []): Value[] {
  let seen: Value[] = [];
  followFlow({
    insns: code,
    args,
    loaded: (slot) => code[slot]?.loads,
    atCall: (slot, registers) => {
      if (code[slot]?.imm === WATCHED) seen = [registers.get(1), registers.get(2)];
    },
    spend: () => true,
  });
  return seen;
}

const number = (...values: number[]): Value => ({ kind: "const", values });
const unknown: Value = { kind: "unknown" };

describe("registers at a call, as the instruction set says", () => {
  it.each<[string, Code[], Value, Value]>([
    ["moves", [mov(1, 40), copy(2, 1)], number(40), number(40)],
    ["32-bit moves extend with zeros", [mov32(1, -1), mov(2, -1)], number(0xffff_ffff), number(-1)],
    ["a map", [...loadMap(1), mov(2, 8)], theMap, number(8)],
    ["a 64-bit constant", [insn(0x18, 1, 0, 0, 5), insn(0, 0, 0, 0, 1), mov(2, 0)], number(0x1_0000_0005), number(0)],
    [
      "additions and shifts",
      [mov(1, 40), add(1, 2), shiftLeft(1, 32), shiftRight(1, 32), mov(2, 0)],
      number(42),
      number(0),
    ],
    ["a shift of what is negative", [mov(1, -1), shiftRight(1, 32), mov(2, 0)], unknown, number(0)],
    ["calls clobber r0 to r5", [mov(1, 1), mov(2, 2), call(5)], unknown, unknown],
    ["calls keep r6 to r9", [mov(6, 6), call(5), copy(1, 6), mov(2, 2)], number(6), number(2)],
    ["a stack address", [copy(1, 10), add(1, -24), mov(2, 1)], { kind: "stack", offset: -24 }, number(1)],
    ["a spill", [mov(1, 7), store(10, -8, 1), mov(1, 0), load(1, 10, -8), mov(2, 0)], number(7), number(0)],
    [
      "a spill, read by another register",
      [mov(1, 7), copy(3, 10), add(3, -16), store(3, 8, 1), load(1, 10, -8)],
      number(7),
      unknown,
    ],
    ["half of a spill", [mov(1, 7), store(10, -8, 1), loadWord(1, 10, -8), mov(2, 0)], unknown, number(0)],
    [
      "a spill that was written over",
      [mov(1, 7), store(10, -8, 1), storeByte(10, -5, 1), load(1, 10, -8)],
      unknown,
      unknown,
    ],
    [
      "a spill that a helper may have written over",
      [mov(6, 7), store(10, -8, 6), copy(1, 10), add(1, -16), call(4), load(1, 10, -8), mov(2, 0)],
      unknown,
      number(0),
    ],
    [
      "a spill below what a helper may write to",
      [mov(6, 7), store(10, -24, 6), copy(1, 10), add(1, -16), call(4), load(1, 10, -24), mov(2, 0)],
      number(7),
      number(0),
    ],
    ["an atomic addition returns the old value", [mov(1, 1), mov(2, 2), fetchAdd(10, -8, 2)], number(1), unknown],
    [
      "compare and exchange writes r0",
      [mov(0, 1), mov(2, 2), compareExchange(10, -8, 2), copy(1, 0)],
      unknown,
      number(2),
    ],
    ["a load that is written as an atomic", [mov(1, 1), mov(2, 2), loadAcquire(1, 10, -8)], unknown, number(2)],
    ["a value of a map", [...loadMap(1), call(LOOKUP), copy(1, 0), mov(2, 9)], { kind: "mapValue", map: 3 }, number(9)],
    ["old packet loads clobber, too", [mov(1, 1), mov(2, 2), insn(0x30)], unknown, unknown],
    ["either of two sizes", [mov(2, 16), jumpIfZero(0, 1), mov(2, 24), mov(1, 0)], number(0), number(16, 24)],
    ["a map on one way only", [mov(1, 0), jumpIfZero(0, 2), ...loadMap(1), mov(2, 0)], unknown, number(0)],
    ["a loop", [mov(1, 5), mov(2, 0), add(2, 1), jumpIfZero(0, -2)], number(5), unknown],
    ["goto", [mov(1, 1), mov(2, 2), goto(1), mov(1, 9)], number(1), number(2)],
    ["gotol", [mov(1, 1), mov(2, 2), gotol(1), mov(1, 9)], number(1), number(2)],
  ])("%s", (_, code, first, second) => {
    expect(watch([...code, call(WATCHED), exit])).toEqual([first, second]);
  });

  it("begins with the arguments", () => {
    expect(watch([call(WATCHED), exit], [theMap, number(12)])).toEqual([theMap, number(12)]);
  });

  it("does not see code that nothing leads to", () => {
    expect(watch([exit, call(WATCHED), exit])).toEqual([]);
  });

  it("stops when it has cost enough", () => {
    let left = 10;
    let calls = 0;
    followFlow({
      insns: [...Array.from({ length: 20 }, () => goto(0)), call(WATCHED), exit],
      args: [],
      loaded: () => undefined,
      atCall: () => calls++,
      spend: (steps) => (left -= steps) > 0,
    });
    expect(calls).toBe(0);
  });

  it("goes on when code leads out of the function", () => {
    expect(watch([mov(1, 1), mov(2, 2), jumpIfZero(0, 99), call(WATCHED)])).toEqual([number(1), number(2)]);
  });
});
