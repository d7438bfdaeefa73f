import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { readBtfFile } from "../../src/cli/read-btf.ts";
import { kernelBtfs } from "./kernels.ts";
import { moduleFiles, unpackedModule } from "./modules.ts";
import { bpftoolOrError, describeWithReferee } from "./referee.ts";
import { expectSameText } from "./same-text.ts";

/** A header has all types of the kernel each time, so a few of each kernel's thousand modules have to do. */
const EVERY = 150;

/** Kernels whose modules are there and have types: from 5.11 on. */
const kernels = kernelBtfs().filter((kernel) => !kernel.path.includes("/5.10") && moduleFiles(kernel).length > 0);

describeWithReferee("modules on their kernel's types as C, as bpftool writes them", { bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-dump-c-modules-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(kernels)("of $name", { timeout: 600_000 }, async (kernel) => {
    const base = await readBtfFile(kernel.path);
    let compared = 0;
    for (const [index, file] of moduleFiles(kernel).entries()) {
      if (index % EVERY !== 0) continue;
      const plain = unpackedModule(file, folder);
      const args = ["-B", kernel.path, "btf", "dump", "file", plain, "format", "c"];
      const theirs = bpftoolOrError(...args);
      // A few modules were built without types.
      if (theirs === undefined) continue;
      const btf = await readBtfFile(file, base);
      expectSameText(dumpC(btf), theirs);
      expectSameText(dumpC(btf, { sorted: false }), bpftoolOrError(...args, "unsorted")!);
      compared++;
    }
    expect(compared).toBeGreaterThan(3);
  });
});
