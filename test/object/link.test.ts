import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC, CALL, LD_IMM64 } from "../../src/object/insn/insn.ts";
import { linkProgram, type LinkedProgram } from "../../src/object/link.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const read = (file: string): BpfObject =>
  openObject(readFileSync(join(import.meta.dirname, "../objects", file)), { what: file });

function link(object: BpfObject, name: string): LinkedProgram {
  const program = object.programs.find((p) => p.name === name);
  if (program === undefined) throw new Error(`there is no program ${name}`);
  return linkProgram(object, program, (code) => code.insns);
}

/** Which function each call and each loaded function address leads to. */
function callees({ insns, parts }: LinkedProgram): string[] {
  return insns.flatMap((insn, slot) => {
    const refers =
      (insn.code === CALL && insn.src === BPF_PSEUDO_CALL) || (insn.code === LD_IMM64 && insn.src === BPF_PSEUDO_FUNC);
    if (!refers) return [];
    const callee = parts.find(({ start }) => start === slot + insn.imm + 1)?.code.name;
    return [`${callee ?? "the middle of something"}${insn.code === CALL ? "()" : ""}`];
  });
}

// The same instructions come out of libbpf: test/referee/instructions.test.ts.
describe.each(["linking.bpf.o", "linking.eb.bpf.o"])("%s", (file) => {
  const object = read(file);

  it("has its programs and subprograms in the order of their places", () => {
    expect(object.programs.map(({ name, section, autoload }) => [name, section, autoload])).toEqual([
      ["calls_nothing", "socket", true],
      ["calls_static", "socket", true],
      ["calls_global", "socket", true],
      ["calls_a_diamond", "xdp", true],
      ["passes_functions", "tc", true],
      ["not_loaded", "?xdp", false],
    ]);
    expect(object.subprograms.map(({ name }) => name)).toEqual([
      "unused",
      "second",
      "shared",
      "visit_global",
      "first",
      "last",
      "visit",
    ]);
    expect(object.programs[5]?.def).toMatchObject({ prefix: "xdp" });
    expect(object).toMatchObject({ license: "GPL", kernelVersion: 0x060102 });
  });

  it.each([
    ["calls_nothing", ["calls_nothing"], []],
    ["calls_static", ["calls_static", "first", "shared"], ["first()", "shared()"]],
    ["calls_global", ["calls_global", "second", "shared"], ["second()", "shared()"]],
    [
      "calls_a_diamond",
      ["calls_a_diamond", "first", "shared", "second", "last"],
      ["first()", "second()", "shared()", "last()", "shared()", "shared()", "second()"],
    ],
    [
      "passes_functions",
      ["passes_functions", "visit", "shared", "visit_global"],
      ["visit", "visit_global", "shared()"],
    ],
    ["not_loaded", ["not_loaded", "last", "second", "shared"], ["last()", "second()", "shared()"]],
  ])("links %s with every function it needs, each once", (name, parts, calls) => {
    const linked = link(object, name);
    expect(linked.parts.map(({ code }) => code.name)).toEqual(parts);
    expect(callees(linked)).toEqual(calls);
    const lengths = linked.parts.map(({ code }) => code.insns.length);
    expect(linked.parts.map(({ start }) => start)).toEqual(
      lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0)),
    );
    expect(linked.insns).toHaveLength(lengths.reduce((sum, length) => sum + length, 0));
  });

  it("has func info of every function, and line info that ascends", () => {
    const linked = link(object, "calls_a_diamond");
    expect(linked.funcInfo.map(({ insnOff }) => insnOff)).toEqual(linked.parts.map(({ start }) => start));
    expect(linked.funcInfo.map(({ typeId }) => object.btf?.name(typeId))).toEqual(
      linked.parts.map(({ code }) => code.name),
    );
    const offsets = linked.lineInfo.map(({ insnOff }) => insnOff);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(offsets).toEqual(expect.arrayContaining(linked.parts.map(({ start }) => start)));
  });

  it("leaves maps and data to the loader, in slots of the whole", () => {
    const linked = link(object, "calls_a_diamond");
    const targets = linked.relocations.map(({ insn, target }) => [
      linked.insns[insn]?.code,
      target.kind === "map" || target.kind === "data" ? object.maps[target.map]?.name : target.kind,
    ]);
    expect(targets).toEqual([
      [LD_IMM64, ".bss"],
      [LD_IMM64, ".rodata"],
      [LD_IMM64, "counts"],
    ]);
  });

  it("copies what it links", () => {
    const before = JSON.stringify([...object.programs, ...object.subprograms].map(({ insns }) => insns));
    for (const insn of link(object, "calls_a_diamond").insns) insn.imm = 1234;
    expect(JSON.stringify([...object.programs, ...object.subprograms].map(({ insns }) => insns))).toBe(before);
  });

  it("takes the instructions that it is given", () => {
    const program = object.programs[1]!;
    const linked = linkProgram(object, program, (code) => code.insns.map((insn) => ({ ...insn, dst: 9 })));
    expect(linked.insns.every(({ dst }) => dst === 9)).toBe(true);
    expect(callees(linked)).toEqual(["first()", "shared()"]);
  });
});

it("instructions are the same in both byte orders", () => {
  const [little, big] = [read("linking.bpf.o"), read("linking.eb.bpf.o")];
  expect([little.littleEndian, big.littleEndian]).toEqual([true, false]);
  for (const { name } of little.programs) expect(link(big, name).insns).toEqual(link(little, name).insns);
});

const EXIT = 0x95n;
/** `call` of the function that begins `slots` after the next instruction. */
const call = (slots: number): bigint => 0x1085n | (BigInt.asUintN(32, BigInt(slots)) << 32n);

describe("a program that can't be linked", () => {
  const build = (
    text: readonly bigint[],
    subprograms: readonly (readonly [number, number])[],
    main: bigint,
  ): BpfObject => {
    const b = new ElfBuilder();
    const textIndex = b.code(".text", text);
    const program = b.code("socket", [main, EXIT]);
    for (const [index, [first, count]] of subprograms.entries())
      b.symbol({ name: `f${index}`, section: textIndex, type: 2, value: first * 8, size: count * 8 });
    b.symbol({ name: "main", section: program, type: 2, size: 16 });
    const f0 = b.symbol({ name: "first_of_text", section: textIndex, type: 0 });
    b.relocations(program, [[0, f0]]);
    return openObject(b.build(), { what: "x.o" });
  };

  it("because it calls what is no function", () => {
    const object = build([EXIT, EXIT], [[0, 1]], call(0));
    expect(thrownBy(() => link(object, "main"))).toMatchObject({
      code: "bad-object",
      message: "x.o: linking program main: instruction 0 of main calls a function that is not in .text",
    });
    expect(link(build([EXIT, EXIT], [[0, 1]], call(-1)), "main").insns).toHaveLength(3);
  });

  it("because it has more functions than the kernel takes", () => {
    const chain = (count: number): BpfObject => {
      const text = Array.from({ length: count * 2 }, (_, slot) =>
        slot % 2 === 1 || slot === count * 2 - 2 ? EXIT : call(1),
      );
      return build(
        text,
        Array.from({ length: count }, (_, index) => [index * 2, 2]),
        call(-1),
      );
    };
    expect(link(chain(255), "main").parts).toHaveLength(256);
    expect(thrownBy(() => link(chain(20_000), "main"))).toMatchObject({
      code: "bad-object",
      message: "x.o: linking program main: it has more than 256 functions, the kernel takes no more",
    });
  });

  it("is not one that calls itself, or that has 200,000 instructions", () => {
    const recursive = build([call(-1), EXIT], [[0, 2]], call(-1));
    expect(callees(link(recursive, "main"))).toEqual(["f0()", "f0()"]);
    const long = build(
      Array.from({ length: 200_000 }, () => EXIT),
      [[0, 200_000]],
      call(-1),
    );
    expect(link(long, "main").insns).toHaveLength(200_002);
  });
});
