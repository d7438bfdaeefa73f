import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPackage, type InstalledPackage } from "../support/installed-package.ts";

/*
 * Generated modules with the package as a user has it: compiled by every TypeScript since 5.2, and run by the Nodes that
 * leave types out by themselves. `test/package/toolchains` installs them; CORE_GEN_REQUIRE_TOOLCHAINS=1 makes a failure
 * of their absence.
 */

const root = join(import.meta.dirname, "../..");
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "core-gen-toolchains/node_modules");
const isThere = existsSync(cache);
const modules = ["test/golden", "test/objects", "examples/execsnoop", "examples/opencount"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".skel.ts"))
    .map((file) => ({ from: join(root, folder, file), name: `${basename(folder)}-${file}` })),
);

/** All strict options that TypeScript 5.2 has. */
const options = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  types: ["node"],
  noEmit: true,
};
/** What came later. */
const later = {
  "5.9": { erasableSyntaxOnly: true },
  "6.0": { erasableSyntaxOnly: true },
  "7.0": { erasableSyntaxOnly: true },
};

it.runIf(!isThere)("the toolchains are installed", ({ skip }) => {
  const reason = `no ${cache}: run test/package/toolchains`;
  if (process.env["CORE_GEN_REQUIRE_TOOLCHAINS"] === "1") throw new Error(reason);
  skip(reason);
});

describe.runIf(isThere)("generated modules", { timeout: 240_000 }, () => {
  let installed: InstalledPackage;
  let project: string;
  beforeAll(() => {
    installed = installPackage();
    // Node leaves no types out of what lies below a node_modules folder.
    project = mkdtempSync(join(tmpdir(), "core-gen-toolchains-"));
    mkdirSync(join(project, "node_modules/@types"), { recursive: true });
    symlinkSync(installed.folder, join(project, "node_modules/core-gen"));
    symlinkSync(join(root, "node_modules/@types/node"), join(project, "node_modules/@types/node"));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    for (const { from, name } of modules) cpSync(from, join(project, name));
  }, 240_000);
  afterAll(() => {
    rmSync(project, { recursive: true });
    installed.remove();
  });

  it("are more than twelve", () => {
    expect(modules.length).toBeGreaterThan(12);
  });

  it.each(["5.2", "5.9", "6.0", "7.0"] as const)("compile with TypeScript %s", (version) => {
    const extra = version === "5.2" ? {} : later[version];
    const config = join(project, `tsconfig.${version}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...options, ...extra }, include: ["*.skel.ts"] }));
    expect(run(join(cache, `typescript-${version}/bin/tsc`), "--version")).toContain(version);
    expect(run(process.execPath, join(cache, `typescript-${version}/bin/tsc`), "-p", config)).toBe("");
  });

  it.each(["22", "24"])("run under Node %s as they are, and do nothing but define", (version) => {
    const node = join(cache, `node-${version}/bin/node`);
    expect(run(node, "--version")).toMatch(new RegExp(`^v${version}\\.`, "u"));
    const script = `
      const before = Reflect.ownKeys(globalThis).length;
      const names = [];
      for (const file of ${JSON.stringify(modules.map(({ name }) => name))}) {
        const module = await import("./" + file);
        names.push(Object.values(module).find((value) => typeof value?.open === "function")?.name);
      }
      console.log(JSON.stringify({ names, added: Reflect.ownKeys(globalThis).length - before }));`;
    writeFileSync(join(project, "run.js"), script);
    const { names, added } = JSON.parse(run(node, "--no-warnings", "run.js")) as { names: unknown[]; added: number };
    expect(added).toBe(0);
    expect(names.filter((name) => typeof name === "string")).toHaveLength(modules.length);
  });

  function run(command: string, ...args: string[]): string {
    try {
      return execFileSync(command, args, { cwd: project, encoding: "utf8" });
    } catch (error) {
      // tsc prints what is wrong to standard output.
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(" ")}: ${stdout ?? ""}${stderr ?? ""}`, { cause: error });
    }
  }
});
