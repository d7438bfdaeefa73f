import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * The options of `core-gen skel` that choose what a module has, as a user gives them.
 */

const root = join(import.meta.dirname, "../..");
const objects = join(root, "test/objects");
const plain = join(objects, "targets.stripped.bpf.o");
const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "skel"];

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "core-gen-skel-"))));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function skel(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], {
    encoding: "utf8",
    cwd: root,
  });
  return { status, stdout, stderr };
}

/** The two machines' objects in folders of their own, by one name. */
function twoMachines(arm64 = "targets.on-arm64.stripped"): string[] {
  return [["x64", "targets.stripped"], ["arm64", arm64]].flatMap(([arch = "", name = ""]) => {
    mkdirSync(join(folder, arch), { recursive: true });
    const file = join(folder, arch, "targets.bpf.o");
    copyFileSync(join(objects, `${name}.bpf.o`), file);
    return ["--target", `${arch}=${file}`];
  }); // prettier-ignore
}

describe("core-gen skel", { timeout: 120_000 }, () => {
  it("writes more types, without variables, without the object", () => {
    const { status, stdout, stderr } = skel(plain, "--type", "struct unused", "--no-globals", "--types-only");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect([...stdout.matchAll(/^export interface (\w+)/gmu)].map(([, name]) => name)).toEqual(["Event", "Unused"]);
    expect(stdout).toContain("// To read one: Event.read(new Memory(bytes), 0), Memory being core-gen/runtime's.\n");
    expect(skel(plain, "--all-types", "--types-only").stdout).toContain("export interface Unused {");
  });

  it("writes one module for several machines, and checks it", () => {
    const output = join(folder, "targets.skel.ts");
    const targets = twoMachines();
    expect(skel(...targets, "-o", output)).toEqual({ status: 0, stdout: "", stderr: "" });
    const text = readFileSync(output, "utf8");
    expect(text).toContain("export const targets: Skeleton<TargetsShape, Targets>");
    expect(text.match(/^const OBJECT\w*/gmu)).toEqual(["const OBJECT_X64", "const OBJECT_ARM64"]);
    expect(skel(...targets, "-o", output, "--check")).toEqual({ status: 0, stdout: "", stderr: "" });

    expect(skel(...twoMachines("targets.wide.stripped"), "-o", output)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /arm64\/targets\.bpf\.o \(arm64\) does not fit into one module with .*\n {2}the program another is new\n/u,
      ) as string,
    });
    expect(readFileSync(output, "utf8")).toBe(text);
  });

  it.each([
    [[], "Name the object: core-gen skel prog.bpf.o, for example."],
    [[plain, "--target", `x64=${plain}`], `the object is ${plain}, or one of --target: name it once`],
    [[plain, "--format-version", "2"], "--format-version 2: this core-gen writes format 1"],
    [[plain, "--types-only", "--external"], "--types-only has no object that --external could be about"],
    [[plain, "--types-only", "--min-btf", "x.btf"], "--types-only has no object that --min-btf could be for"],
    [[plain, "--watch"], "--watch needs --output: the file to be written"],
    [[plain, "--watch", "--check", "-o", "x.ts"], "--check writes nothing, and --watch writes again and again: take one"],
    [["--target", `x64=${plain}`, "--target", "arm64=y.o"], "the objects are called targets.stripped.bpf.o and y.o: say what the skeleton is called, with --name"],
  ])("%j is no command", (args, message) => {
    expect(skel(...args)).toEqual({
      status: 1,
      stdout: "",
      stderr: `core-gen: ${message}\n  core-gen --help shows all commands and options.\n`,
    });
  }); // prettier-ignore

  it.each([
    ["amd64=x.o", '--target amd64=x.o: Node has no process.arch "amd64"\n  It calls this machine x64.'],
    ["vax=x.o", '--target vax=x.o: Node has no process.arch "vax"\n  It has arm, arm64, ia32, loong64, mips, mipsel, ppc64, riscv64, s390x, x64.'],
    ["x64", "--target x64: this is not of the form ARCH=FILE\n  For example: --target x64=build/x64/prog.bpf.o --target arm64=build/arm64/prog.bpf.o"],
  ])("--target %s is refused", (target, message) => {
    expect(skel("--target", target)).toEqual({ status: 1, stdout: "", stderr: `core-gen: ${message}\n` });
  }); // prettier-ignore

  it("has one object for each machine", () => {
    expect(skel("--target", "x64=a.o", "--target", "x64=b.o")).toMatchObject({
      status: 1,
      stderr: "core-gen: --target names an object for x64 twice\n",
    });
  });
});

describe("core-gen skel --watch", { timeout: 120_000 }, () => {
  it("writes again when the object changes, goes on after an error, and ends with Ctrl-C", async () => {
    const object = join(folder, "watched.bpf.o");
    const output = join(folder, "watched.skel.ts");
    copyFileSync(plain, object);
    const child = spawn(process.execPath, [...command, object, "-o", output, "--watch"], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines = linesOf(child.stderr);
    const wrote = `core-gen: wrote ${output} from ${object}`;
    expect(await lines.next()).toBe(wrote);
    expect(readFileSync(output, "utf8")).toContain("size: number;");

    // As a compiler does it: another file in the old one's place.
    copyFileSync(join(objects, "targets.wide.stripped.bpf.o"), `${object}.new`);
    renameSync(`${object}.new`, object);
    expect(await lines.next()).toBe(wrote);
    const wide = readFileSync(output, "utf8");
    expect(wide).toContain("size: bigint;");

    writeFileSync(object, "no ELF file");
    expect(await lines.next()).toMatch(/^core-gen: .*watched\.bpf\.o/u);
    expect(readFileSync(output, "utf8")).toBe(wide);

    rmSync(object);
    expect(await lines.next()).toBe(`core-gen: reading ${object}: no such file or directory`);

    copyFileSync(plain, object);
    expect(await lines.next()).toBe(wrote);
    expect(readFileSync(output, "utf8")).toContain("size: number;");

    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readdirSync(folder).filter((name) => name.startsWith(".") || name.endsWith(".tmp"))).toEqual([]);
  });

  it("watches what is not there yet, but no folder that isn't", () => {
    const missing = join(folder, "nowhere/prog.bpf.o");
    expect(existsSync(missing)).toBe(false);
    expect(skel(missing, "-o", join(folder, "x.ts"), "--watch")).toEqual({
      status: 1,
      stdout: "",
      stderr: `core-gen: watching ${join(folder, "nowhere")}: no such file or directory\n`,
    });
  });
});

/** Lines as they come; hints, which are indented, are passed over. */
function linesOf(stream: NodeJS.ReadableStream): { next(): Promise<string> } {
  const lines: string[] = [];
  let rest = "";
  let wake = (): void => undefined;
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.filter((line) => line.startsWith("core-gen: ")));
    wake();
  });
  return {
    async next() {
      while (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return lines.shift()!;
    },
  };
}
