import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Matrix } from "../../src/cli/check-matrix.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

const root = join(import.meta.dirname, "../..");
const execsnoop = join(root, "examples/execsnoop/execsnoop.bpf.o");

let folder: string;
let whole: string;
let without: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-check-"));
  mkdirSync(join(folder, "kernels"));
  whole = join(folder, "kernels", "1.0.btf");
  without = join(folder, "kernels", "2.0.btf");
  writeFileSync(whole, kernelWith("tgid"));
  writeFileSync(without, kernelWith("tgid_"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A kernel with all that execsnoop reads, and a name for the process id. */
function kernelWith(tgid: string): Uint8Array {
  const b = new BtfBuilder();
  const int = b.int("int", 4, { encoding: 1 });
  const text = b.array(b.int("char", 1), 16);
  const args = b.array(b.int("unsigned long", 8), 6);
  const parent = b.refer("ptr", 0);
  b.composite("struct", "task_struct", 64, [
    [tgid, int, 64],
    ["real_parent", parent, 128],
    ["comm", text, 192],
  ]);
  b.composite("struct", "trace_event_raw_sys_enter", 64, [["args", args, 128]]);
  return b.build();
}

function check(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "check", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
}

describe("core-gen check", { timeout: 60_000 }, () => {
  it("ends with status 0 when the object runs on all kernels", () => {
    const { status, stdout, stderr } = check(execsnoop, "--btf", whole);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("It runs on all of them, as far as relocations tell.");
  });

  it("reads BTFHub's archives, and globs that no shell has replaced", () => {
    const packed = join(folder, "3.0.btf.tar.xz");
    spawnSync("tar", ["-cJf", packed, "-C", join(folder, "kernels"), "./1.0.btf"]);
    const { stdout, stderr } = check(execsnoop, "--json", "--btf", packed, join(folder, "kernels", "[13].*"));
    expect(stderr).toBe("");
    const { kernels, problems } = JSON.parse(stdout) as Matrix;
    expect({ kernels, problems }).toEqual({ kernels: ["3.0", "1.0"], problems: [] });
  });

  it("says which archive is none", () => {
    const cut = join(folder, "cut.btf.tar.xz");
    const two = join(folder, "two.btf.tar.xz");
    spawnSync("tar", ["-cJf", two, "-C", folder, "./kernels"]);
    writeFileSync(cut, readFileSync(two).subarray(0, 200));
    expect(check(execsnoop, "--btf", cut)).toMatchObject({ status: 1, stdout: "" });
    expect(check(execsnoop, "--btf", cut).stderr).toContain(`unpacking ${cut}: it is damaged, or cut off`);
    expect(check(execsnoop, "--btf", two).stderr).toContain(`unpacking ${two}: there are 2 .btf files in it, not one`);
    expect(check(execsnoop, "--btf", join(folder, "*.no")).stderr).toContain("no file matches");
  });

  it("ends with status 1 when it does not, and says where, why and what to do", () => {
    const { status, stdout } = check(execsnoop, "--btf", join(folder, "kernels"));
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /execsnoop\.bpf\.c:\d+: task_struct\.tgid: This kernel's task_struct has no tgid; there is tgid_\. Ask with bpf_core_field_exists\(\) first.* \(2\.0\)/u,
    );
    expect(stdout).toMatch(/byte_off task_struct\.tgid +\d+→8 +MISSING/u);
    expect(stdout).toContain("It does not run on 2.0");
    for (const line of stdout.split("\n").filter((text) => text.startsWith("  "))) {
      expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it("prints the same as JSON", () => {
    const { status, stdout } = check(execsnoop, "--json", "--btf", whole, without);
    const { kernels, rows, problems } = JSON.parse(stdout) as Matrix;
    expect(status).toBe(1);
    expect(kernels).toEqual(["1.0", "2.0"]);
    const tgid = rows.filter(({ field }) => field === "task_struct.tgid");
    expect(tgid.length).toBeGreaterThan(0);
    for (const { cells } of tgid) expect(cells.map(({ verdict }) => verdict)).toEqual(["moved", "missing"]);
    expect(problems).toHaveLength(tgid.length);
  });

  it.each<[string, () => string, RegExp]>([
    ["a file that is not there", () => join(folder, "no.btf"), /^core-gen: reading .*no\.btf: /u],
    [
      "a folder without BTF",
      () => join(root, "src"),
      /^core-gen: looking for BTF in .*: there is no \.btf or \.btf\.tar\.xz file/u,
    ],
    ["an ELF file without BTF", () => process.execPath, /^core-gen: reading the types in .*: this ELF file has no /u],
    ["a file that is no BTF", () => join(root, "package.json"), /^core-gen: package\.json: /u],
    [
      "half a file",
      () => {
        writeFileSync(join(folder, "half.btf"), kernelWith("tgid").subarray(0, 40));
        return join(folder, "half.btf");
      },
      /^core-gen: half: /u,
    ],
  ])("says what is wrong with %s", (_, path, message) => {
    const { status, stdout, stderr } = check(execsnoop, "--btf", path());
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });
});
