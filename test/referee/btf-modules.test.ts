import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { Btf } from "../../src/btf/btf.ts";
import { checkReferences } from "../../src/btf/check-references.ts";
import { dumpJson } from "../../src/btf/dump-json.ts";
import { dumpRaw } from "../../src/btf/dump-raw.ts";
import { readBtfFile } from "../../src/cli/read-btf.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { kernelBtfs, type KernelBtf } from "./kernels.ts";
import { moduleFiles, unpackedModule } from "./modules.ts";
import { bpftool, bpftoolOrError, describeWithReferee, libbpf } from "./referee.ts";

/** Of each kernel's thousand modules, every so manyth is enough. */
const EVERY = 25;
const HAS_NO_TYPES = /no section \.BTF/u;

const folder = mkdtempSync(join(tmpdir(), "core-gen-modules-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Kernels with their modules beside their types, from 5.11 on: those have types, too. */
function kernelsWithModules(): KernelBtf[] {
  return kernelBtfs().filter(({ path }) => existsSync(join(dirname(path), "lib")) && !path.includes("/5.10"));
}

function modulesOf(kernel: KernelBtf): string[] {
  return moduleFiles(kernel).filter((_, index) => index % EVERY === 0);
}

function unpacked(file: string): string {
  return unpackedModule(file, folder);
}

function raw(btf: Btf): string {
  checkReferences(btf);
  return [...dumpRaw(btf)].join("");
}

describeWithReferee("modules on their kernel's types, as bpftool dumps them", { bpftool: true }, () => {
  it.each(kernelsWithModules())("of $name", async (kernel) => {
    const base = await readBtfFile(kernel.path);
    let compared = 0;
    for (const file of modulesOf(kernel)) {
      const theirs = bpftoolOrError("-B", kernel.path, "btf", "dump", "file", unpacked(file));
      if (theirs === undefined) {
        await expect(readBtfFile(file, base)).rejects.toThrow(HAS_NO_TYPES);
        continue;
      }
      const btf = await readBtfFile(file, base);
      expect([file, raw(btf) === theirs]).toEqual([file, true]);
      expect(
        [...dumpJson(btf)].join("") === bpftool("-j", "-B", kernel.path, "btf", "dump", "file", unpacked(file)),
      ).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });
});

describeWithReferee("modules on a distilled base, as bpftool relocates them", { bpftool: true }, () => {
  const program = join(folder, "distill_base");
  const kernels = kernelsWithModules();

  beforeAll(() => {
    const sources = ["distill_base.c", "isoc23.c"].map((file) => join(import.meta.dirname, file));
    const { include, archive } = libbpf();
    execFileSync("gcc", ["-O2", "-o", program, ...sources, `-I${include}`, archive, "-lelf", "-lz"]);
  });

  /** The module as an ELF file with sections .BTF and .BTF.base, as if it were built without its kernel. */
  function distilled(kernel: KernelBtf, file: string): string {
    const [split, base, plain] = [join(folder, "split"), join(folder, "base"), unpacked(file)];
    const [module, bare] = [join(folder, "distilled.ko"), join(folder, "bare.ko")];
    expect(spawnSync(program, [kernel.path, plain, split, base]).status).toBe(0);
    execFileSync("objcopy", ["-R", ".BTF", "-R", ".BTF.base", plain, bare]);
    execFileSync("objcopy", ["--add-section", `.BTF=${split}`, "--add-section", `.BTF.base=${base}`, bare, module]);
    expect(readFileSync(module).includes(".BTF.base")).toBe(true);
    return module;
  }

  it.each(kernels)("of $name", async (kernel) => {
    const bases = await Promise.all(kernels.map(async ({ path }) => ({ path, btf: await readBtfFile(path) })));
    const outcomes = { relocated: 0, refused: 0 };
    for (const file of modulesOf(kernel).filter((_, index) => index % 4 === 0)) {
      if (bpftoolOrError("-B", kernel.path, "btf", "dump", "file", unpacked(file)) === undefined) continue;
      const module = distilled(kernel, file);
      expect([file, raw(await readBtfFile(module)) === bpftool("btf", "dump", "file", module)]).toEqual([file, true]);
      for (const { path, btf } of bases) {
        const theirs = bpftoolOrError("-B", path, "btf", "dump", "file", module);
        const ours = await readBtfFile(module, btf).then(raw, messageOf);
        if (theirs === undefined)
          expect([file, path, ours]).toEqual([file, path, expect.stringMatching(/^refused: /u)]);
        else expect([file, path, ours === theirs ? "the same" : ours.slice(0, 500)]).toEqual([file, path, "the same"]);
        outcomes[theirs === undefined ? "refused" : "relocated"]++;
      }
    }
    expect(outcomes.relocated).toBeGreaterThan(5);
  });
});

function messageOf(error: unknown): string {
  if (!isCoreGenError(error)) throw error;
  return `refused: ${error.message}`;
}
