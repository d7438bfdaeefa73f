import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findExecutable, functionOffset } from "../../../src/runtime/kernel/executable.ts";
import { describeWhere } from "../../support/describe-where.ts";

const missing = ["/usr/bin/gcc", "/usr/bin/readelf"].find((path) => !existsSync(path));
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
