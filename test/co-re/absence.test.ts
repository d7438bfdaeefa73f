import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { explainAbsence } from "../../src/co-re/absence.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { relocatableObject } from "../support/relocatable.ts";

type Build = (b: BtfBuilder) => void;

const task =
  (...names: string[]): Build =>
  (b) => {
    const u32 = b.int("u32", 4);
    const inner = b.composite("struct", "", 4, [["inside", u32, 0]]);
    const members = names.map((name, index) => [name, u32, 32 * (index + 1)] as const);
    b.composite("struct", "task", 64, [["", inner, 0], ...members]);
  };

/** What is said of `task.<name>`, read by a program, on a kernel. */
function said(name: string, kernel: Build, kind = 0): string | undefined {
  const local = new BtfBuilder();
  task(name)(local);
  const type = Btf.parse(local.build()).typeCount - 1;
  const access = kind === 0 ? "0:1" : "0";
  const loads = [0x2161n | (4n << 16n), 0x95n];
  const bytes = relocatableObject(local, kind === 0 ? loads : [0x1_0000_01b7n, 0x95n], [
    { insn: 0, type, access, kind },
  ]);
  const target = new BtfBuilder();
  kernel(target);
  const { entries } = relocate(openObject(bytes, { what: "x.o" }), { vmlinux: Btf.parse(target.build()) });
  return entries[0] && explainAbsence(entries[0]);
}

describe("what a kernel has instead", () => {
  it.each<[string, string, Build, number, string | undefined]>([
    ["nothing to say of what is there", "comm", task("pid", "comm"), 0, undefined],
    ["no type", "comm", (b) => b.int("u32", 4), 0, "This kernel has no type task."],
    ["names like it", "comn", task("pid", "comm"), 0, "This kernel's task has no comn; there is comm."],
    ["names in anonymous members", "insider", task("pid"), 0, "This kernel's task has no insider; there is inside."],
    ["nothing like it", "zzzzzz", task("pid"), 0, "This kernel's task has no zzzzzz."],
    [
      "another type",
      "comm",
      (b) => {
        const text = b.composite("struct", "text", 8, []);
        b.composite("struct", "task", 8, [["comm", text, 0]]);
      },
      0,
      "This kernel's task.comm is of another type.",
    ],
    ["a type that differs", "comm", task("pid"), 12, "This kernel has a type task, but it differs from the program's."],
  ])("%s", (_, name, kernel, kind, sentence) => {
    expect(said(name, kernel, kind)).toBe(sentence);
  });
});
