import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { jumpTablesOf, type JumpTable } from "../../src/object/jump-tables.ts";
import { linkProgram } from "../../src/object/link.ts";
import { openObject } from "../../src/object/open.ts";

const bytes = readFileSync("test/objects/jump-tables.bpf.o");
const quads = (...values: number[]): Buffer => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer);
const contents = quads(80, 96, 72, 88);

/** The tables of a program, with other contents of `.jumptables`, or at another place of it. */
function tablesOf(name: string, others: readonly number[] = [80, 96, 72, 88], move = 0, size = 16): JumpTable[] {
  const changed = Buffer.from(bytes);
  quads(...others).copy(changed, bytes.indexOf(contents));
  const object = openObject(changed, { what: "jumps.o" });
  const linked = linkProgram(
    object,
    object.programs.find((program) => program.name === name)!,
    (code) => code.insns,
  );
  const relocations = linked.relocations.map(({ insn, target }) => ({
    insn,
    target: target.kind === "jump-table" ? { ...target, offset: target.offset + move, size } : target,
  }));
  return jumpTablesOf(object, { ...linked, relocations });
}

describe("jump tables", () => {
  it("lead to instructions of the linked program, wherever their function came to be", () => {
    expect(tablesOf("first")).toEqual([]);
    expect(tablesOf("pick")).toEqual([{ slot: 3, offset: 0, entries: [8, 10] }]);
    expect(tablesOf("call_pick")).toEqual([{ slot: 11, offset: 16, entries: [16, 18] }]);
  });

  it.each([
    [
      "before its function",
      () => tablesOf("pick", [8, 96, 72, 88]),
      "at byte 0 of .jumptables leads out of the function pick",
    ],
    ["behind its function", () => tablesOf("pick", [80, 112, 72, 88]), "leads out of the function pick"],
    ["into an instruction", () => tablesOf("pick", [84, 96, 72, 88]), "leads out of the function pick"],
    ["far away", () => tablesOf("pick", [2 ** 52, 96, 72, 88]), "leads out of the function pick"],
    [
      "behind the section",
      () => tablesOf("call_pick", undefined, 8),
      "at byte 24 of .jumptables ends behind the section",
    ],
    ["nowhere", () => tablesOf("pick", undefined, 0, 0), "is empty"],
    ["half a place", () => tablesOf("pick", undefined, 4), "does not consist of 8 bytes an entry"],
    ["a place and a half", () => tablesOf("pick", undefined, 0, 12), "does not consist of 8 bytes an entry"],
  ])("that lead %s are refused", (_where, read, message) => {
    expect(read).toThrow(expect.objectContaining({ code: "bad-object" }) as Error);
    expect(read).toThrow(message);
  });
});
