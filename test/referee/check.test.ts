import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { expect, it } from "vitest";

import { checkObject, type Cell } from "../../src/cli/check-matrix.ts";
import { readBtfFile, RUNNING_KERNEL } from "../../src/cli/read-btf.ts";
import { openObject } from "../../src/object/open.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { kernelBtfs } from "./kernels.ts";
import { corpusObjects, describeWithReferee, referee, selftestCases } from "./referee.ts";

const read = (path: string): BpfObject => openObject(readFileSync(path), { what: basename(path) });

describeWithReferee("check, against what the kernel's own tests expect", { corpus: ["selftests"] }, () => {
  // In two `existence` cases poisoned code stands behind a question that is answered no: those must load.
  it.each(selftestCases())("$category $name: $expected", async ({ object, target, program, expected }) => {
    const { rows } = checkObject(read(object), [await readBtfFile(target ?? RUNNING_KERNEL)]);
    const problems = rows.filter((row) => row.program === program && row.cells[0]?.problem !== null);
    expect(problems.length > 0).toBe(expected === "fail");
  });
});

describeWithReferee("check of tools, kernel by kernel", { corpus: ["objects"] }, () => {
  const tools = corpusObjects().filter((path) => /libbpf-tools__(?:opensnoop|biolatency|tcptracer)@/u.test(path));
  const cases = tools.flatMap((path) => kernelBtfs().map((kernel) => ({ path, tool: basename(path), kernel })));

  it("are three tools", () => {
    expect(tools).toHaveLength(3);
  });

  it.each(cases)("$tool on $kernel.name agrees with libbpf", async ({ path, kernel }) => {
    const { log } = referee(path, { btf: kernel.path, log: true, everyProgram: true });
    const { rows } = checkObject(read(path), [await readBtfFile(kernel.path)]);
    const ours = rows.map(({ program, insn, cells }) => `${program} ${insn}: ${inLibbpfsTerms(cells[0]!)}`);
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.sort()).toEqual(theirDecisions(log).sort());
  });
});

function inLibbpfsTerms({ verdict, oldValue, newValue }: Cell): string {
  return ["guarded", "missing", "unsafe"].includes(verdict) ? "poisoned" : `${oldValue} -> ${newValue}`;
}

const PATCHED = /^prog '(.*)': relo #\d+: patched insn #(\d+) \(.*\) (?:imm|off|imm64) (\d+ -> \d+)$/u;
const POISONED = /^prog '(.*)': relo #\d+: substituting insn #(\d+) w\/ invalid insn$/u;

function theirDecisions(log: readonly string[]): string[] {
  return log.flatMap((line) => {
    const [, program, insn, values] = PATCHED.exec(line) ?? POISONED.exec(line) ?? [];
    return program === undefined ? [] : [`${program} ${insn}: ${values ?? "poisoned"}`];
  });
}
