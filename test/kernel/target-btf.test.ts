import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, release, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import { minimizeBtf } from "../../src/co-re/min-btf.ts";
import { openObject } from "../../src/object/open.ts";
import { readBtfFile } from "../../src/runtime/kernel/btf.ts";
import { btfPlaces, parseOsRelease } from "../../src/runtime/kernel/target-btf.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { describeWithKernel } from "../support/kernel.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const path = join(import.meta.dirname, "../../examples/execsnoop/execsnoop.bpf.o");

describeWithKernel("with CORE_GEN_BTF", {}, () => {
  let folder: string;
  let execsnoop: BpfObject;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-target-"));
    execsnoop = openObject(readFileSync(path), { what: "execsnoop.bpf.o" });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    delete process.env["CORE_GEN_BTF"];
  });

  const load = (variable: string): void => {
    process.env["CORE_GEN_BTF"] = variable;
    const settings = { autoload: new Map(), maxEntries: new Map(), contents: new Map() };
    loadObject(execsnoop, settings).close();
  };
  const errorOf = (variable: string): CoreGenError => {
    try {
      load(variable);
    } catch (error) {
      if (isCoreGenError(error)) return error;
      throw error;
    }
    throw new Error("it was loaded");
  };

  it("programs are relocated against a file, which may be the smallest that will do", () => {
    const small = join(folder, "small.btf");
    writeFileSync(small, minimizeBtf(readBtfFile(KERNEL), [execsnoop]));
    load(small);
  });

  it("programs are relocated against the file of this kernel in a folder", () => {
    const own = join(folder, "own");
    mkdirSync(own);
    copyFileSync(KERNEL, join(own, `${release()}.btf`));
    load(own);
  });

  it("programs are relocated against the file of this kernel in BTFHub's archive", () => {
    const hub = join(folder, "hub");
    const os = parseOsRelease(readFileSync("/etc/os-release", "utf8"));
    const machine = arch() === "x64" ? "x86_64" : arch();
    const place = join(hub, os.get("ID")!, os.get("VERSION_ID")!, machine);
    mkdirSync(place, { recursive: true });
    copyFileSync(KERNEL, join(place, `${release()}.btf`));
    load(hub);
  });

  it("really are: types of another kernel are refused by this one's verifier", () => {
    const wrong = join(folder, "wrong.btf");
    const other = openObject(readFileSync(path.replaceAll("execsnoop", "opencount")), { what: "opencount.bpf.o" });
    // Without what execsnoop alone reads.
    writeFileSync(wrong, minimizeBtf(readBtfFile(KERNEL), [other]));
    const error = errorOf(wrong);
    expect(error.code).toBe("verifier");
    expect(error.message).toContain("failed to resolve CO-RE relocation <byte_off>");
  });

  it("what is wrong with it is said, with its name", () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    writeFileSync(join(folder, "cut.btf"), readFileSync(KERNEL).subarray(0, 1000));
    expect(errorOf(join(folder, "no.btf"))).toMatchObject({ code: "no-kernel-btf" });
    expect(errorOf(join(folder, "cut.btf"))).toMatchObject({ code: "bad-btf" });
    const nothing = errorOf(empty);
    expect(nothing.message).toBe(
      `reading the types that CORE_GEN_BTF names: ${empty} has no types for the running kernel (${release()})`,
    );
    expect(nothing.hints[0]).toContain(join(empty, `${release()}.btf`));
    writeFileSync(join(empty, `${release()}.btf.tar.xz`), "");
    expect(errorOf(empty).hints[0]).toBe(
      `Unpack them first: tar -xJf ${join(empty, `${release()}.btf.tar.xz`)} -C ${empty}`,
    );
    expect(errorOf(empty).hints.at(-1)).toContain(`CORE_GEN_BTF is set to ${empty}`);
  });
});

describe("where BTFHub has the types of a kernel", () => {
  it("is told by os-release, with and without quotes", () => {
    const os = parseOsRelease("NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12'\n# ID=other\n");
    expect(btfPlaces("/b", "6.1.0", os)).toEqual([
      "/b/6.1.0.btf",
      join("/b/debian/12", arch() === "x64" ? "x86_64" : arch(), "6.1.0.btf"),
    ]);
  });

  it("is not told where os-release doesn't say", () => {
    expect(btfPlaces("/b", "6.1.0", new Map())).toEqual(["/b/6.1.0.btf"]);
  });
});
