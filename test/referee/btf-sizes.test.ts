import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { alignOf } from "../../src/btf/align.ts";
import { Btf } from "../../src/btf/btf.ts";
import { sizeOf } from "../../src/btf/resolve.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { kernelBtfs } from "./kernels.ts";
import { libbpfTypes } from "./libbpf-types.ts";
import { corpusObjects, describeWithReferee } from "./referee.ts";

describeWithReferee("sizes and alignments of types", { corpus: ["objects"] }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-sizes-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const ask = libbpfTypes(folder);
  const answers = join(folder, "answers");
  const file = join(folder, "types.btf");

  function expectSame(btf: Btf, path: string): void {
    expect(ask("-a", answers, path)).toBe(true);
    const theirs = readFileSync(answers, "utf8").trimEnd().split("\n");
    const ours = theirs.map((_, id) => `${sizeOf(btf, id) ?? -1} ${alignOf(btf, id) ?? 0}`);
    const first = ours.findIndex((line, id) => line !== theirs[id]);
    expect({ first, ours: ours[first], types: btf.typeCount }).toEqual({
      first: -1,
      ours: undefined,
      types: theirs.length,
    });
  }

  it.each(kernelBtfs())("are libbpf's: $name", ({ path }) => {
    expectSame(Btf.parse(readFileSync(path)), path);
  });

  it("are libbpf's: all objects", () => {
    for (const path of corpusObjects()) {
      const section = parseElf(readFileSync(path), basename(path)).section(".BTF");
      if (section === undefined) continue;
      writeFileSync(file, section.data);
      expectSame(Btf.parse(section.data, { what: basename(path) }), file);
    }
  });
});
