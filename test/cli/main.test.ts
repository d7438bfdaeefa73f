import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * The command as a user runs it, in a process of its own.
 */

const root = join(import.meta.dirname, "../..");
const golden = join(root, "test/golden");
const object = join(golden, "records.bpf.o");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "core-gen-cli-"))));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function coreGen(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
  return { status, stdout, stderr };
}

describe("core-gen skel", { timeout: 60_000 }, () => {
  it("prints the module, and what is undecided to stderr", () => {
    const { status, stdout, stderr } = coreGen("skel", object);
    expect(stdout).toBe(readFileSync(join(golden, "records.skel.ts"), "utf8"));
    expect(stderr.split("\n").filter((line) => line.startsWith("core-gen: "))).toHaveLength(3);
    expect(status).toBe(0);
  });

  it("--check accepts the module that it would write, and says what has changed in another", () => {
    const output = join(folder, "checked.skel.ts");
    const check = (): ReturnType<typeof coreGen> => coreGen("skel", object, "-o", output, "--check");
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`core-gen: reading ${output}: no such file or directory`) as string,
    });
    const committed = readFileSync(join(golden, "records.skel.ts"), "utf8");
    writeFileSync(output, committed);
    expect(check()).toMatchObject({ status: 0, stdout: "" });

    const [, member = "", place = ""] = /`([^`]+)` at (\d+), /u.exec(committed) ?? [];
    const stale = committed.replace(`\`${member}\` at ${place}, `, `\`${member}\` at 4321, `);
    writeFileSync(output, stale);
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain(`core-gen: ${output} is not what core-gen writes from ${object}\n`);
    expect(stderr).toMatch(new RegExp(`^ {2}\\w+\\.\\w+ is at ${place}, .*, was at 4321, `, "mu"));
    expect(readFileSync(output, "utf8")).toBe(stale);
    rmSync(output);
  });

  it("--check needs to know the file", () => {
    expect(coreGen("skel", object, "--check")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("core-gen: --check needs --output") as string,
    });
  });

  it("writes it to a file, under another name, with the record that was asked for", () => {
    const output = join(folder, "x.skel.ts");
    const flags = [
      "--name",
      "my-tool",
      "--record",
      "both=stopped",
      "--record",
      "lines=line",
      "--record",
      "silent=line",
    ];
    expect(coreGen("skel", object, "-o", output, ...flags)).toMatchObject({ status: 0, stdout: "" });
    const text = readFileSync(output, "utf8");
    expect(text).toContain("export const myTool: Skeleton<MyToolShape, MyTool>");
    expect(text).toContain("both: RingBuffer<Stopped>;");
    expect(readdirSync(folder)).toEqual(["x.skel.ts"]);
  });

  it("does not write the module over the object, by whatever name", () => {
    const copy = join(folder, "precious.bpf.o");
    const link = join(folder, "link.ts");
    writeFileSync(copy, readFileSync(object));
    symlinkSync(copy, link);
    for (const output of [copy, join(folder, ".", "precious.bpf.o"), link]) {
      expect(coreGen("skel", copy, "-o", output)).toEqual({
        status: 1,
        stdout: "",
        stderr:
          `core-gen: writing ${output}: that is the object ${copy} itself\n` +
          "  Name another file with -o: the module would take the object's place.\n",
      });
    }
    expect(readFileSync(copy)).toEqual(readFileSync(object));
    rmSync(link);
    rmSync(copy);
  });

  it.runIf(existsSync("/dev/full"))("says that standard output is full, without a stack", () => {
    const full = openSync("/dev/full", "w");
    const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "skel", join(golden, "maps.bpf.o")];
    const { status, stderr } = spawnSync(process.execPath, command, {
      encoding: "utf8",
      cwd: root,
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect({ status, stderr: stderr.replace(/^\(node:.*\n/gmu, "") }).toEqual({
      status: 1,
      stderr: "core-gen: writing to standard output: no space left on the device\n",
    });
  });

  it.runIf(existsSync("/dev/zero"))("does not read a device, which may have no end", () => {
    expect(coreGen("skel", "/dev/zero")).toEqual({
      status: 1,
      stdout: "",
      stderr: "core-gen: reading /dev/zero: this is a device, not a file\n",
    });
  });

  it("says that an object without BTF has nothing to type", () => {
    const elf = readFileSync(join(root, "test/objects/sections.stripped.bpf.o")).toString("latin1");
    const plain = join(folder, "plain.bpf.o");
    // Sections are known by their names alone.
    writeFileSync(plain, Buffer.from(elf.replaceAll(".BTF", ".XYZ"), "latin1"));
    const { status, stdout, stderr } = coreGen("skel", plain);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr:
        `core-gen: ${plain}: the object has no BTF, so nothing in it can be typed\n` +
        "  Compile with `clang -g`, and strip with `llvm-strip -g` at most: it leaves BTF in.\n",
    });
    rmSync(plain);
  });

  it("refers to the object with --external, from where the module is", () => {
    const copy = join(folder, "odd name.bpf.o");
    writeFileSync(copy, readFileSync(object));
    const { stdout } = coreGen("skel", copy, "--external");
    expect(stdout).toMatch(/external\(\s*new URL\("\.\/odd%20name\.bpf\.o", import\.meta\.url\),\s*"[0-9a-f]{64}"/u);
    expect(stdout).not.toContain("OBJECT");
    rmSync(copy);
  });
});

describe("wrong input", { timeout: 60_000 }, () => {
  const cases: [string, string[], RegExp][] = [
    ["no command", [], /^core-gen: Say what to do/u],
    ["no file", ["skel"], /^core-gen: Name the object/u],
    ["an unknown option", ["skel", object, "--recrod", "a=b"], /^core-gen: Unknown argument: recrod/u],
    ["an option twice", ["skel", object, "-o", "/no/a", "-o", "/no/b"], /^core-gen: --output is given more than once/u],
    ["a file that is not there", ["skel", "/no/such.bpf.o"], /^core-gen: reading \/no\/such\.bpf\.o: no such file or directory/u],
    ["a folder", ["inspect", root], /^core-gen: reading .*: this is a directory, not a file/u],
    ["no ELF file", ["skel", join(root, "package.json")], /^core-gen: .*package\.json: this is not an ELF file/u],
    ["an ELF file for another machine", ["inspect", process.execPath], /^core-gen: .* not for BPF/u],
    ["a --record for no map", ["skel", object, "--record", "nope=event"], /^core-gen: .*"?nope"?/u],
    ["a --record for no struct", ["skel", object, "--record", "both=nope"], /^core-gen: .*"?nope"?/u],
    ["a --name without letters", ["skel", object, "--name", "123"], /^core-gen: --name "123" has no letter/u],
    ["an output that can't be", ["skel", object, "-o", "/no/such/x.ts"], /^core-gen: writing \/no\/such\/x\.ts: no such file or directory/mu],
  ]; // prettier-ignore

  it.each(cases)("%s: one clear message and status 1", (_what, args, message) => {
    const { status, stdout, stderr } = coreGen(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.ts|bug in core-gen/u);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });
});

it("core-gen --version is the package's", { timeout: 60_000 }, () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(coreGen("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

describe("core-gen inspect", { timeout: 60_000 }, () => {
  it("shows programs, maps, globals, relocations and records", () => {
    const { status, stdout } = coreGen("inspect", join(root, "examples/opencount/opencount.bpf.o"));
    expect(stdout).toMatch(
      /^ {2}handle_openat +tracepoint\/syscalls\/sys_enter_openat +tracepoint +107 instructions$/mu,
    );
    expect(stdout).toMatch(/^ {2}opens_by_pid +hash +key u32 \(4 bytes\) +value u64 \(8 bytes\) +10240 entries$/mu);
    expect(stdout).toMatch(/^ {2}const volatile u64 report_every +at 0 +8 bytes$/mu);
    expect(stdout).toMatch(/^ {2}byte_off +4$/mu);
    expect(stdout).toMatch(/"reports" carries struct report \(168 bytes\)/u);
    expect(status).toBe(0);
  });

  it("prints the same as JSON", () => {
    const { stdout } = coreGen("inspect", "--json", join(golden, "maps.bpf.o"));
    expect(JSON.parse(stdout)).toMatchObject({
      byteOrder: "little-endian",
      license: "GPL",
      programs: [
        { name: "count", section: "xdp", type: "xdp", autoload: true },
        { name: "optional", section: "?tracepoint/syscalls/sys_enter_openat", type: "tracepoint", autoload: false },
      ],
      relocations: {},
      records: [{ map: "ring", types: [{ name: "struct flow", size: 16 }], foundBy: "value-type" }],
    });
  });
});
