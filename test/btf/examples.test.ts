import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, describe, expect, it } from "vitest";

import { BtfBuilder } from "../../src/btf/builder.ts";
import { compile } from "../types/compile.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "core-gen-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The code of an `@example` block, and what its comments say that it prints. */
interface Example {
  /** "swap.ts swapByteOrder" */
  readonly of: string;
  readonly code: string;
  readonly prints: readonly string[];
}

const BLOCK = /\/\*\*(?:(?!\*\/)[^])*?\n \* @example\n((?: \*(?: .*)?\n)+) \*\/\nexport (?:class|function\*?) (\w+)/gu;

function examplesIn(path: string): Example[] {
  return [...readFileSync(path, "utf8").matchAll(BLOCK)].map(([, block = "", name = ""]) => {
    const code = block.replaceAll(/^ \* ?/gmu, "");
    // Behind the call, or on lines of their own below it.
    const prints = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$|^\/\/ (.*)$/gmu)];
    return {
      of: `${relative(join(root, "src/btf"), path)} ${name}`,
      code,
      prints: prints.map(([, behind, below]) => behind ?? below ?? ""),
    };
  });
}

const examples = readdirSync(join(root, "src/btf"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort()
  .flatMap((name) => examplesIn(join(root, "src/btf", name)));

/** What the examples read: the kernel's types in small. */
function writeVmlinux(): void {
  const b = new BtfBuilder();
  const [int, char] = [b.int("int", 4, { signed: true }), b.int("char", 1, { char: true })];
  b.struct("task_struct", 20, [
    { name: "pid", type: int },
    { name: "comm", type: b.nextId + 1, bitOffset: 32 },
  ]);
  b.array(char, 16, int);
  writeFileSync(join(folder, "vmlinux.btf"), b.build());
}

describe("the examples of core-gen/btf", () => {
  it("are there for everything that people start with", () => {
    const names = examples.map(({ of }) => of.split(" ")[1]);
    const beginnings = [
      "Btf",
      "BtfBuilder",
      "alignOf",
      "deduplicate",
      "diffBtf",
      "dumpC",
      "dumpRaw",
      "encodeBtf",
      "encodeLike",
      "looksLikeBtf",
      "mapReferences",
      "ownTypes",
      "reachableFrom",
      "referencesOf",
      "searchTypes",
      "showType",
      "sizeOf",
      "skipModifiers",
      "swapByteOrder",
    ];
    expect(names).toEqual(expect.arrayContaining(beginnings));
  });

  it("compile under the strictest options", () => {
    const sources = new Map(examples.map(({ of, code }) => [`${of.replaceAll(/\W/gu, "-")}.ts`, code]));
    for (const [name, problems] of compile(sources)) expect(problems, name).toEqual([]);
  });

  it.each(examples)("print what they say: $of", ({ of, code, prints }) => {
    writeVmlinux();
    const file = join(folder, `${of.replaceAll(/\W/gu, "-")}.ts`);
    writeFileSync(file, code);
    const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", tsx, file], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json"), NO_COLOR: "1" },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(prints.length).toBeGreaterThan(0);
    expect(stdout.trimEnd().split("\n")).toEqual(prints);
  });
});
