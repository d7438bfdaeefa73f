import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";

import { build } from "esbuild";
import { publint } from "publint";
import { beforeAll, describe, expect, it } from "vitest";

import { type InstalledPackage, installPackage } from "../support/installed-package.ts";

const root = join(import.meta.dirname, "../..");
let installed: InstalledPackage;
beforeAll(() => {
  installed = installPackage();
  return installed.remove;
}, 240_000);

describe("the packed package", () => {
  it("has no fault that publint knows", async () => {
    const { messages } = await publint({ pkgDir: installed.folder, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it("holds what users need and nothing else", () => {
    expect(readdirSync(installed.folder).sort()).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json", "src", "templates"].sort(),
    );
  });

  it("can be imported by each of its names", () => {
    const names = ["core-gen", "core-gen/btf", "core-gen/object", "core-gen/co-re", "core-gen/runtime"];
    const script = names.map((name) => `await import("${name}");`).join("");
    expect(node("--input-type=module", "-e", script)).toBe("");
  });

  it("has a command that says how it is used", () => {
    expect(node(join(installed.folder, "dist/cli/main.js"), "--help")).toContain("core-gen skel");
  });

  it("finds its templates, run as the command and imported", () => {
    const object = join(root, "examples/execsnoop/execsnoop.bpf.o");
    const expected = readFileSync(join(root, "examples/execsnoop/execsnoop.skel.ts"), "utf8");
    expect(node(join(installed.folder, "dist/cli/main.js"), "skel", object)).toBe(expected);
    const script = `import { readFileSync } from "node:fs"; import { generateSkeleton } from "core-gen";
      const { text } = await generateSkeleton(readFileSync("${object}"), { fileName: "execsnoop.bpf.o" });
      process.stdout.write(text);`;
    expect(node("--input-type=module", "-e", script)).toBe(expected);
  });

  it("has one class of errors for all its names", () => {
    const script = `
      const names = ["core-gen", "core-gen/btf", "core-gen/object", "core-gen/co-re", "core-gen/runtime"];
      const classes = (await Promise.all(names.map((name) => import(name)))).map((module) => module.CoreGenError);
      process.stdout.write(String(new Set(classes.filter(Boolean)).size));`;
    expect(node("--input-type=module", "-e", script)).toBe("1");
  });

  it("type-checks in a user's project under the strictest options", () => {
    const example = join(installed.project, "execsnoop");
    cpSync(join(root, "examples/execsnoop"), example, { recursive: true });
    writeFileSync(join(installed.project, "tsconfig.json"), JSON.stringify(strictest));
    writeFileSync(join(installed.project, "package.json"), JSON.stringify({ type: "module" }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(node(tsc, "-p", installed.project)).toBe("");
  }, 120_000);
});

const strictest = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    noEmit: true,
  },
  include: ["execsnoop/*.ts"],
};

describe("a bundle", () => {
  it("of core-gen/runtime needs koffi and Node, and nothing else", async () => {
    const packages = await packagesOf("dist/runtime/index.js", "node");
    expect(packages.filter((name) => !isBuiltin(name))).toEqual(["koffi"]);
  });

  it.each(["btf", "object", "co-re"])("of core-gen/%s needs nothing at all", async (name) => {
    expect(await packagesOf(`dist/${name}/index.js`, "browser")).toEqual([]);
  });

  it("drops a skeleton that nobody uses", async () => {
    // In a folder without package.json: no "sideEffects" field helps here.
    const folder = join(installed.project, "unused");
    mkdirSync(folder);
    cpSync(join(root, "examples/execsnoop/execsnoop.skel.ts"), join(folder, "execsnoop.skel.ts"));
    const contents = 'import { execsnoop } from "./execsnoop.skel.ts"; export const unused = () => 1;';
    const result = await build({
      stdin: { contents, resolveDir: folder, loader: "ts" },
      bundle: true,
      format: "esm",
      packages: "external",
      write: false,
      legalComments: "none",
    });
    expect(result.outputFiles[0]!.text).not.toContain("defineSkeleton");
    expect(result.outputFiles[0]!.text.length).toBeLessThan(500);
  });
});

/** The names of all modules that a bundle of `entry` still needs from outside the package. */
async function packagesOf(entry: string, platform: "node" | "browser"): Promise<string[]> {
  const entryPoint = join(installed.folder, entry);
  expect(existsSync(entryPoint)).toBe(true);
  const result = await build({
    entryPoints: [entryPoint],
    bundle: true,
    format: "esm",
    platform,
    packages: "external",
    metafile: true,
    write: false,
  });
  const imported = Object.values(result.metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  // What is loaded when it is first needed: a bundler does not see through createRequire.
  const code = result.outputFiles[0]!.text;
  const required = [...code.matchAll(/createRequire\([^)]*\)\("([^"]+)"\)/g)].map(([, name]) => name!);
  return [...new Set([...imported, ...required])].sort();
}

function isBuiltin(name: string): boolean {
  return name.startsWith("node:") || builtinModules.includes(name);
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: installed.project, encoding: "utf8" });
}
