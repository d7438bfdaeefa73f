import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { everyKind } from "../support/btf-builder.ts";
import { kernelBtfs } from "./kernels.ts";
import { rawDump } from "./raw-dump.ts";
import { bpftool, corpusObjects, describeWithReferee } from "./referee.ts";

/** Compares all that we read of some BTF with what bpftool reads of the same file. */
function expectSame(btf: Btf, path: string): void {
  const ours = rawDump(btf);
  const theirs = bpftool("btf", "dump", "file", path, "format", "raw").trimEnd().split("\n");
  const first = ours.findIndex((line, index) => line !== theirs[index]);
  // One line says more than the difference of two texts of 10 MB.
  expect({ lines: ours.length, first: ours[first] }).toEqual({ lines: theirs.length, first: theirs[first] });
}

describeWithReferee("BTF of kernels, as bpftool reads it", { bpftool: true }, () => {
  it.each(kernelBtfs())("$name", ({ path }) => {
    const btf = Btf.parse(readFileSync(path));
    expect(btf.typeCount).toBeGreaterThan(10_000);
    expectSame(btf, path);
  });
});

describeWithReferee("BTF of objects, as bpftool reads it", { corpus: ["objects"], bpftool: true }, () => {
  it("is the same in all objects that have any", () => {
    const compared = corpusObjects().filter((path) => {
      const section = parseElf(readFileSync(path), basename(path)).section(".BTF");
      if (section !== undefined) expectSame(Btf.parse(section.data, { what: basename(path) }), path);
      return section !== undefined;
    });
    expect(compared).toHaveLength(OBJECTS_WITH_BTF);
  });
});

/** As many of the 143 as bpftool dumps; the others were compiled without -g. */
const OBJECTS_WITH_BTF = 132;

describeWithReferee("hand-made BTF, as bpftool reads it", { bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-btf-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["little-endian", true],
    ["big-endian", false],
  ])("%s, every kind", (name, littleEndian) => {
    const path = join(folder, name);
    const bytes = everyKind(littleEndian).build();
    writeFileSync(path, bytes);
    expectSame(Btf.parse(bytes), path);
  });

  it("with a section of layouts and a kind that nobody knows: the types around it", () => {
    const b = everyKind(true);
    b.add({ kind: 20, name: "new", vlen: 2, words: [1, 2, 3, 4, 5] });
    b.refer("ptr", 1);
    const layouts = Array.from({ length: 21 }, (_kind, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
    const path = join(folder, "layouts");
    writeFileSync(path, b.build({ layouts }));
    const dump = bpftool("btf", "dump", "file", path, "format", "raw");
    expect(dump).toContain("[21] PTR '(anon)' type_id=1");
    expect(Btf.parse(readFileSync(path)).type(21)).toMatchObject({ kind: "ptr", type: 1 });
  });
});
