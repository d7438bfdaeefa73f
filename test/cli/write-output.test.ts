import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeOutput } from "../../src/cli/write-output.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "core-gen-output-"))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("writing a file", () => {
  it("makes it, and nothing else", () => {
    writeOutput(join(folder, "x.ts"), "text\n");
    expect(readdirSync(folder)).toEqual(["x.ts"]);
    expect(readFileSync(join(folder, "x.ts"), "utf8")).toBe("text\n");
  });

  it("replaces the old one and keeps its permissions", () => {
    const file = join(folder, "x.ts");
    writeFileSync(file, "a longer text than the new one");
    chmodSync(file, 0o640);
    writeOutput(file, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it("writes through a symbolic link", () => {
    writeFileSync(join(folder, "real.ts"), "old");
    symlinkSync("real.ts", join(folder, "link.ts"));
    writeOutput(join(folder, "link.ts"), "new");
    expect(lstatSync(join(folder, "link.ts")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "real.ts"), "utf8")).toBe("new");
  });

  it("writes to a device instead of replacing it", () => {
    writeOutput("/dev/null", "text");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });
});

describe("a file that can't be written", () => {
  it.each([
    ["in a folder that is not there", "no/x.ts", "no such file or directory"],
    ["in a file", "file/x.ts", "a part of the path is not a directory"],
    ["that is a folder", "sub", "this is a directory, not a file"],
    ["with a name that is too long", "x".repeat(300), "the name is too long"],
  ])("%s: one message, and nothing is left behind", (_what, path, reason) => {
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "sub"));
    const file = join(folder, path);
    expect(() => writeOutput(file, "text")).toThrow(
      expect.objectContaining({ code: "bad-input", message: `writing ${file}: ${reason}` }),
    );
    expect(readdirSync(folder).sort()).toEqual(["file", "sub"]);
  });
});
