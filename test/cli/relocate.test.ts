import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { RelocationFacts } from "../../src/cli/print-relocations.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

const root = join(import.meta.dirname, "../..");
const execsnoop = join(root, "examples/execsnoop/execsnoop.bpf.o");

let folder: string;
let ambiguous: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-relocate-"));
  ambiguous = join(folder, "ambiguous.btf");
  const b = new BtfBuilder();
  const int = b.int("int", 4, { encoding: 1 });
  const parent = b.refer("ptr", 0);
  const text = b.array(b.int("char", 1), 16);
  // libbpf refuses to choose between two types of one name whose field is in two places.
  b.composite("struct", "task_struct", 64, [["tgid", int, 64], ["real_parent", parent, 128], ["comm", text, 192]]); // prettier-ignore
  b.composite("struct", "task_struct", 64, [["tgid", int, 96], ["real_parent", parent, 128], ["comm", text, 192]]); // prettier-ignore
  writeFileSync(ambiguous, b.build());
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function relocate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "relocate", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
}

describe("core-gen relocate", { timeout: 60_000 }, () => {
  it("shows what is refused among what is not, and ends with status 1", () => {
    const { status, stdout, stderr } = relocate(execsnoop, "--btf", ambiguous);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(
      /line \d+, insn \d+: byte_off task_struct\.tgid: REFUSED: the kernel has several types task_struct\.tgid that disagree/u,
    );
    expect(stdout).toMatch(/byte_off task_struct\.real_parent: \d+ → 16/u);
  });

  it("has it in its JSON, too", () => {
    const { status, stdout } = relocate(execsnoop, "--json", "--btf", ambiguous);
    expect(status).toBe(1);
    const refused = (JSON.parse(stdout) as RelocationFacts[]).filter(({ verdict }) => verdict === "refused");
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      program: "handle_execve",
      kind: "byte_off",
      field: "task_struct.tgid",
      newValue: null,
      line: expect.any(Number) as number,
      absence: expect.stringContaining("disagree") as string,
    });
  });

  it("is all or nothing where instructions are asked for, as libbpf is", () => {
    const { status, stdout, stderr } = relocate(execsnoop, "--insns", "--btf", ambiguous);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("task_struct: the kernel has several types");
  });
});
