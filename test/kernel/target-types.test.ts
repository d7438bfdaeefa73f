import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, release, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import { minimizeBtf } from "../../src/co-re/min-btf.ts";
import { openObject } from "../../src/object/open.ts";
import { readBtfFile } from "../../src/runtime/kernel/btf.ts";
import { btfPlaces, parseOsRelease } from "../../src/runtime/kernel/btf-folder.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { guideEnum } from "../golden/guide-enum.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runWithoutKernelTypes } from "../support/without-kernel-types.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const root = join(import.meta.dirname, "../..");
const path = join(root, "examples/execsnoop/execsnoop.bpf.o");
const machine = arch() === "x64" ? "x86_64" : arch();

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

  const settings = { autoload: new Map(), maps: new Map(), contents: new Map() };
  const load = (variable: string): void => {
    process.env["CORE_GEN_BTF"] = variable;
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

  it("btfPath comes first, in a skeleton's settings, too", () => {
    const small = join(folder, "small.btf");
    process.env["CORE_GEN_BTF"] = "/no/such/file";
    loadObject(execsnoop, { ...settings, btfPath: small }).close();
    using skel = guideEnum.load({ btfPath: small });
    expect(skel.closed).toBe(false);
    expect(() => guideEnum.load({ btfPath: "/no/such/place" })).toThrow(
      expect.objectContaining({
        code: "no-kernel-btf",
        message: expect.stringMatching(/^reading the types that btfPath names: .*\/no\/such\/place/u) as string,
        hints: ["btfPath is set to /no/such/place: correct it, or unset it to use the kernel's own types."],
      }) as Error,
    );
    // What JavaScript lets through.
    expect(() => guideEnum.open({ btfPath: 5 as unknown as string })).toThrow("btfPath takes a path");
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

describeWithKernel("a kernel without types", {}, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-carried-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Makes a skeleton of execsnoop that carries these files, and loads it where the kernel seems to have no types. */
  const loadCarrying = (...files: readonly string[]): string => {
    const tsx = join(root, "node_modules/.bin/tsx");
    const module = join(folder, "execsnoop.skel.ts");
    execFileSync(tsx, [join(root, "src/cli/main.ts"), "skel", path, "-o", module, "--min-btf", ...files]);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(
      join(folder, "load.ts"),
      `import { execsnoop } from "./execsnoop.skel.ts";
       try { execsnoop.load().close(); console.log("loaded"); } catch (error) { console.log(error.message, error.hints.join(" ")); }`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { paths: { "core-gen/runtime": [join(root, "src/runtime/index.ts")] } } }),
    );
    return runWithoutKernelTypes([tsx, "--tsconfig", join(folder, "tsconfig.json"), join(folder, "load.ts")]);
  };

  it("loads what a skeleton carries for its release, and for no other", () => {
    const own = join(folder, `${release()}.btf`);
    const others = join(folder, "others", machine);
    copyFileSync(KERNEL, own);
    mkdirSync(others, { recursive: true });
    // A packed one, as BTFHub has them.
    execFileSync("tar", ["-cJf", join(others, "5.4.0-1.btf.tar.xz"), "-C", folder, `./${release()}.btf`]);
    copyFileSync(own, join(others, "5.4.0-2.btf"));
    expect(loadCarrying(join(folder, "others"), own)).toBe("loaded\n");
    const text = readFileSync(join(folder, "execsnoop.skel.ts"), "utf8");
    // One piece for the three, whose types are the same.
    expect(text).toContain(
      `kernels: ["x86_64/5.4.0-1", "x86_64/5.4.0-2", "${release()}"]`.replaceAll("x86_64", machine),
    );
    expect(text.match(/btf: \(\) => base64\(CARRIED_BTF_1\)/gu)).toHaveLength(1);
    expect(loadCarrying(join(folder, "others"))).toContain(
      `The skeleton carries types of ${machine}/5.4.0-1, ${machine}/5.4.0-2, and none of ${machine}/${release()}.`,
    );
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
