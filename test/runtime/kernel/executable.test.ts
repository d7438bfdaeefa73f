import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findExecutable } from "../../../src/runtime/kernel/executable.ts";
import { functionOffset, matchingOffsets } from "../../../src/runtime/kernel/function-offset.ts";
import { describeWhere } from "../../support/describe-where.ts";

const missing = ["/usr/bin/gcc", "/usr/bin/readelf", "/usr/bin/python3"].find((path) => !existsSync(path));
const obstacle = missing === undefined ? undefined : { reason: `there is no ${missing}` };

describeWhere("functions of executables, as readelf sees them", obstacle, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-executable-"));
    const source = join(folder, "x.c");
    writeFileSync(
      source,
      `int shown(void) { return 1; }
       __attribute__((weak)) int soft(void) { return 2; }
       static __attribute__((noinline, used)) int hidden(void) { return 3; }
       int main(void) { return shown() + soft() + hidden(); }`,
    );
    execFileSync("gcc", ["-O1", "-o", join(folder, "pie"), source]);
    execFileSync("gcc", ["-O1", "-no-pie", "-o", join(folder, "fixed"), source]);
    execFileSync("gcc", ["-O1", "-shared", "-fPIC", "-o", join(folder, "lib.so"), source]);
    execFileSync("strip", ["-o", join(folder, "stripped.so"), join(folder, "lib.so")]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** The symbol's address, less where its segment lies in memory, plus where it lies in the file. */
  const offsetByReadelf = (path: string, name: string): number => {
    const readelf = (flag: string): string => execFileSync("readelf", ["-W", flag, path], { encoding: "utf8" });
    const [, address = ""] =
      new RegExp(`^\\s+\\d+: ([0-9a-f]+)\\s+\\d+ FUNC .* ${name}$`, "mu").exec(readelf("-s")) ?? [];
    const at = Number.parseInt(address, 16);
    const segments = Array.from(readelf("-l").matchAll(/LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)/gu), (row) =>
      row.slice(1).map((number) => Number.parseInt(number, 16)),
    );
    const [offset = 0, start = 0] = segments.find(([, from = 0, size = 0]) => at >= from && at < from + size) ?? [];
    return at - start + offset;
  };

  it.each([
    ["pie", "shown"],
    ["pie", "hidden"],
    ["fixed", "shown"],
    ["fixed", "soft"],
    ["lib.so", "shown"],
    ["stripped.so", "soft"],
  ])("%s: %s", (file, name) => {
    const path = join(folder, file);
    expect(functionOffset(path, name)).toBe(offsetByReadelf(path, name));
  });

  it("are not there in what was stripped, and the error says so", () => {
    expect(() => functionOffset(join(folder, "stripped.so"), "hidden")).toThrow(
      expect.objectContaining({
        code: "bad-input",
        message: `looking for the function hidden in ${join(folder, "stripped.so")}: it has none of that name`,
      }) as Error,
    );
  });

  it("are looked for where the shell and the dynamic loader would", () => {
    const [path, libraries] = [process.env["PATH"], process.env["LD_LIBRARY_PATH"]];
    process.env["PATH"] = folder;
    process.env["LD_LIBRARY_PATH"] = folder;
    expect(findExecutable("pie")).toBe(join(folder, "pie"));
    expect(findExecutable("lib.so")).toBe(join(folder, "lib.so"));
    expect(findExecutable("./lib.so")).toBe("./lib.so");
    process.env["PATH"] = path;
    if (libraries === undefined) delete process.env["LD_LIBRARY_PATH"];
    else process.env["LD_LIBRARY_PATH"] = libraries;
  });
});

describeWhere("functions with versions, and in archives", obstacle, () => {
  let folder: string;
  let library: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-executable-"));
    library = join(folder, "lib.so");
    const source = join(folder, "x.c");
    writeFileSync(
      source,
      `__asm__(".symver first, f@ONE"); __asm__(".symver second, f@@TWO");
       int first(void) { return 1; } int second(void) { return 2; } int only(void) { return 3; }`,
    );
    writeFileSync(join(folder, "versions"), "ONE { global: f; only; }; TWO { global: f; } ONE;");
    execFileSync("gcc", [
      "-shared",
      "-fPIC",
      `-Wl,--version-script=${join(folder, "versions")}`,
      "-o",
      library,
      source,
    ]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  // Under other names the same functions are in .symtab, without a version.
  it.each([
    ["f@ONE", "first"],
    ["f@@TWO", "second"],
    ["f@TWO", "second"],
    ["only@ONE", "only"],
  ])("%s is the function that the source calls %s", (name, inSource) => {
    expect(functionOffset(library, name)).toBe(functionOffset(library, inSource));
  });

  it("say which versions there are", () => {
    expect(() => functionOffset(library, "f")).toThrow(
      expect.objectContaining({
        message: `looking for the function f in ${library}: there are several, which differ`,
        hints: ["Say which version: f@@TWO, f@ONE."],
      }) as Error,
    );
  });

  it("are found by a pattern, each place once", () => {
    const found = matchingOffsets(library, "?irst*").concat(matchingOffsets(library, "sec*d"));
    expect(found).toEqual([functionOffset(library, "first"), functionOffset(library, "second")]);
    expect(() => matchingOffsets(library, "frst*")).toThrow(
      expect.objectContaining({
        message: `looking for functions like frst* in ${library}: it has none`,
        hints: ["Near it: first."],
      }) as Error,
    );
  });

  it("lie in an archive where it has the library", () => {
    const archive = join(folder, "app.apk");
    pack(archive, library, "ZIP_STORED");
    expect(functionOffset(`${archive}!/lib/x.so`, "only")).toBeGreaterThan(functionOffset(library, "only"));
    const start = functionOffset(`${archive}!/lib/x.so`, "only") - functionOffset(library, "only");
    const bytes = readFileSync(library);
    expect(
      readFileSync(archive)
        .subarray(start, start + bytes.length)
        .equals(bytes),
    ).toBe(true);
    expect(() => functionOffset(`${archive}!/lib/y.so`, "only")).toThrow("the archive has no file lib/y.so");
    pack(archive, library, "ZIP_DEFLATED");
    expect(() => functionOffset(`${archive}!/lib/x.so`, "only")).toThrow("lib/x.so is packed in the archive");
    expect(() => functionOffset(`${library}!/lib/x.so`, "only")).toThrow("this is not a zip archive");
  });
});

function pack(archive: string, file: string, method: string): void {
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.${method}) as archive:
    archive.writestr("other", b"x" * 100)
    archive.write(sys.argv[2], "lib/x.so")`;
  execFileSync("python3", ["-c", script, archive, file]);
}
