import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";

import { expect, it } from "vitest";

import type { RelocationFacts } from "../../src/cli/print-relocations.ts";
import { RUNNING_KERNEL } from "../../src/cli/read-btf.ts";
import { kernelBtfs } from "./kernels.ts";
import { corpusObjects, describeWithReferee, referee, refereeLines } from "./referee.ts";

const root = join(import.meta.dirname, "../..");

function relocate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "relocate", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: root, maxBuffer: 1 << 28 });
}

describeWithReferee("core-gen relocate", { corpus: ["objects"] }, () => {
  const tools = corpusObjects().filter((path) => /libbpf-tools__(?:opensnoop|biolatency|tcptracer)@/u.test(path));
  const cases = tools.map((path) => ({ path, tool: basename(path) }));

  it.each(cases)("prints libbpf's log of $tool", { timeout: 60_000 }, ({ path }) => {
    const theirs = referee(path, { btf: RUNNING_KERNEL, log: true, everyProgram: true });
    // Relocations of ELF, which the referee takes for CO-RE's by their look.
    const lines = theirs.log.filter((line) => !line.startsWith("sec '.rel")).map((line) => `libbpf: ${line}\n`);
    const { status, stdout, stderr } = relocate(path, "--log", "--btf", RUNNING_KERNEL);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(lines.length).toBeGreaterThan(10);
    expect(stdout).toBe(lines.join(""));
  });

  it.each(cases)("shows the relocations of $tool, for people and as JSON", { timeout: 60_000 }, ({ path }) => {
    const { log } = referee(path, { btf: RUNNING_KERNEL, log: true, everyProgram: true });
    const locals = log.flatMap((line) => /^prog '.*': relo #\d+: (<.*)$/u.exec(line)?.[1] ?? []);
    const facts = JSON.parse(relocate(path, "--json").stdout) as RelocationFacts[];
    expect(facts.map(({ local }) => local)).toEqual(locals);
    const text = relocate(path).stdout;
    for (const { program, field } of facts) {
      expect(text).toContain(`${program}:\n`);
      expect(text).toContain(` ${field}: `);
    }
  });

  it.each(cases)("prints what the kernel would get of $tool", { timeout: 60_000 }, ({ path }) => {
    // Not the running kernel's: the referee opens the other file in its place.
    const [btf, vmlinux] = kernelBtfs()
      .filter(({ foreign }) => !foreign)
      .slice(-2)
      .map((kernel) => kernel.path) as [string, string];
    const theirs = refereeLines(path, { btf, kernel: vmlinux });
    const { status, stdout, stderr } = relocate(path, "--insns", "--btf", btf, "--vmlinux", vmlinux);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").slice(0, -1)).toEqual(theirs);
  });

  it("prints one thing at a time", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = relocate(cases[0]!.path, "--json", "--log");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("core-gen: --log, --insns and --json are ways to print: take one.");
  });
});
