import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "core-gen-init-"))));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function init(cwd: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", join(root, "node_modules/tsx/dist/esm/index.mjs"), join(root, "src/cli/main.ts")];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, "init", ...args], {
    encoding: "utf8",
    cwd,
  });
  return { status, stdout, stderr };
}

function filesOf(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
}

interface Manifest {
  readonly name: string;
  readonly type: string;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

function manifestIn(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
}

const PROJECT = [".gitignore", "package.json", "src", "src/execs.bpf.c", "src/main.ts", "tsconfig.json"];

describe("core-gen init", () => {
  it("writes a project into a new folder, and says what to do next", () => {
    const { status, stdout, stderr } = init(folder, "My Tool");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\nNext: cd My Tool && npm install && npm run build, and as root: npm start\n$/u);
    expect(filesOf(join(folder, "My Tool"))).toEqual(PROJECT);
    const { name, type, scripts, dependencies } = manifestIn(join(folder, "My Tool"));
    expect({ name, type }).toEqual({ name: "my-tool", type: "module" });
    expect(Object.keys(scripts)).toEqual(["build:bpf", "build", "start"]);
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(dependencies).toEqual({ "core-gen": `^${own.version}` });
  });

  it("adds to a package.json what it lacks, and keeps what it says", () => {
    const path = join(folder, "existing");
    mkdirSync(path);
    const old = { name: "mine", scripts: { start: "mine.sh" }, dependencies: { "core-gen": "file:../core-gen.tgz" } };
    writeFileSync(join(path, "package.json"), JSON.stringify(old));
    writeFileSync(join(path, ".gitignore"), "mine\n");
    expect(init(path)).toMatchObject({ status: 0, stderr: "" });
    const manifest = manifestIn(path);
    expect(manifest).toMatchObject({ ...old, type: "module" });
    expect(Object.keys(manifest.devDependencies)).toEqual(["@types/node", "typescript"]);
    expect(manifest.scripts["build:bpf"]).toBe("core-gen build src/*.bpf.c");
    expect(readFileSync(join(path, ".gitignore"), "utf8")).toBe("mine\n");
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      "a program that is there",
      (path) => {
        mkdirSync(join(path, "src"));
        writeFileSync(join(path, "src/execs.bpf.c"), "mine");
      },
      /^core-gen: starting a project in \.: src\/execs\.bpf\.c is there already$/mu,
    ],
    [
      "a package.json that is no JSON",
      (path) => writeFileSync(join(path, "package.json"), "{"),
      /^core-gen: reading package\.json: /mu,
    ],
    [
      "a package.json that is a list",
      (path) => writeFileSync(join(path, "package.json"), "[]"),
      /^core-gen: reading package\.json: this is no package\.json$/mu,
    ],
    [
      "CommonJS",
      (path) => writeFileSync(join(path, "package.json"), '{"type":"commonjs"}'),
      /^core-gen: starting a project: package\.json says that its modules are CommonJS$/mu,
    ],
    [
      "a folder's name that is a file's",
      (path) => writeFileSync(join(path, "src"), ""),
      /^core-gen: making the folder src: /mu,
    ],
  ])("says what is wrong with %s, and leaves everything as it was", (name, prepare, message) => {
    const path = join(folder, name);
    mkdirSync(path);
    prepare(path);
    const before = filesOf(path);
    const { status, stdout, stderr } = init(path);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(filesOf(path)).toEqual(before);
  });

  it("takes back what it has written when it can't go on", () => {
    const path = join(folder, "half");
    mkdirSync(join(path, "src"), { recursive: true });
    // For root, too, a folder is no file.
    mkdirSync(join(path, "package.json"));
    expect(init(path).status).toBe(1);
    expect(filesOf(path)).toEqual(["package.json", "src"]);
  });
});
