import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../support/btf-builder.ts";

const root = join(import.meta.dirname, "../..");
const object = join(root, "examples/execsnoop/execsnoop.bpf.o");

let folder: string;
let kernel: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-min-btf-"));
  kernel = join(folder, "kernel.btf");
  const b = new BtfBuilder();
  const int = b.int("int", 4, { encoding: 1 });
  b.composite("struct", "unrelated", 4, [["x", int, 0]]);
  b.composite("struct", "task_struct", 64, [
    ["pid", int, 32],
    ["tgid", int, 64],
  ]);
  writeFileSync(kernel, b.build());
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function minBtf(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "min-btf", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
}

describe("core-gen min-btf", { timeout: 60_000 }, () => {
  it("writes the types that are read, with the members that are read", () => {
    const output = join(folder, "small.btf");
    expect(minBtf(kernel, object, "-o", output)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const small = Btf.parse(readFileSync(output));
    const task = small.type(small.find("task_struct", "struct")!);
    expect(task).toMatchObject({ size: 64, members: [{ name: "tgid", bitOffset: 64 }] });
    expect(small.find("unrelated", "struct")).toBeUndefined();
    expect(small.typeCount).toBe(3);
  });

  it.each<[string, () => string[], RegExp]>([
    ["without a place to write to", () => [kernel, object], /^core-gen: Missing required argument: output/u],
    ["without an object", () => [kernel, "-o", join(folder, "x.btf")], /^core-gen: /u],
    [
      "to a folder that is not there",
      () => [object, object, "-o", "/no/such/folder/x"],
      /^core-gen: writing \/no\/such/u,
    ],
    ["of an object that is none", () => [kernel, kernel, "-o", join(folder, "x.btf")], /kernel\.btf/u],
  ])("says what is wrong %s, and leaves no file", (_, args, message) => {
    const { status, stdout, stderr } = minBtf(...args());
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(readdirSync(folder).filter((name) => name.includes("x.btf"))).toEqual([]);
  });
});
