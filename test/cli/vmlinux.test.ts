import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { describeWithKernel } from "../support/kernel.ts";

const root = join(import.meta.dirname, "../..");

let folder: string;
let kernel: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-vmlinux-"));
  kernel = join(folder, "kernel.btf");
  const b = new BtfBuilder();
  b.composite("struct", "task_struct", 4, [["pid", b.int("int", 4, { encoding: 1 }), 0]]);
  writeFileSync(kernel, b.build());
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function vmlinux(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "vmlinux", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: root, maxBuffer: 1 << 26 });
}

describe("core-gen vmlinux", { timeout: 60_000 }, () => {
  it("prints a kernel's types as C", () => {
    const { status, stdout, stderr } = vmlinux("--btf", kernel);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("struct task_struct {\n\tint pid;\n};\n");
  });

  it("writes them to a file", () => {
    const output = join(folder, "vmlinux.h");
    expect(vmlinux("--btf", kernel, "-o", output)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(output, "utf8")).toBe(vmlinux("--btf", kernel).stdout);
  });

  it.each<[string, () => string[], RegExp]>([
    ["a kernel that is not there", () => ["--btf", "/no/such.btf"], /^core-gen: reading \/no\/such\.btf/u],
    ["a file that is no BTF", () => ["--btf", join(root, "package.json")], /package\.json: this is not BTF/u],
    ["two kernels", () => ["--btf", kernel, "--btf", kernel], /^core-gen: --btf is given more than once/u],
    ["a file on the command line", () => [kernel], /^core-gen: Unknown (?:argument|command)/u],
  ])("says what is wrong with %s, and leaves no file", (_, args, message) => {
    const { status, stdout, stderr } = vmlinux(...args(), "-o", join(folder, "wrong.h"));
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(readdirSync(folder).filter((name) => name.includes("wrong.h"))).toEqual([]);
  });
});

describeWithKernel("core-gen vmlinux on this kernel", { root: false }, () => {
  it("prints its types when no other is named", { timeout: 60_000 }, () => {
    const { status, stdout } = vmlinux();
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(1_000_000);
    expect(stdout === dumpC(Btf.parse(readFileSync("/sys/kernel/btf/vmlinux")))).toBe(true);
  });
});
