import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { checkReferences } from "../../src/btf/check-references.ts";
import { dumpJson } from "../../src/btf/dump-json.ts";
import { dumpRaw } from "../../src/btf/dump-raw.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { everyKind } from "../support/btf-builder.ts";
import { kernelBtfs } from "./kernels.ts";
import { bpftool, corpusObjects, describeWithReferee } from "./referee.ts";
import { expectSameText } from "./same-text.ts";

/** Compares both dumps with bpftool's of the same file, byte for byte. */
function expectSame(btf: Btf, path: string): void {
  checkReferences(btf);
  expectSameText([...dumpRaw(btf)].join(""), bpftool("btf", "dump", "file", path, "format", "raw"));
  expectSameText(inLines([...dumpJson(btf)].join("")), inLines(bpftool("-j", "btf", "dump", "file", path)));
}

/** JSON on one line as a line per object, for comparing: newlines in names are escaped in it. */
function inLines(json: string): string {
  return json.replaceAll("},", "},\n");
}

describeWithReferee("types of kernels, as bpftool dumps them", { bpftool: true }, () => {
  it.each(kernelBtfs())("$name", ({ path }) => {
    const btf = Btf.parse(readFileSync(path));
    expect(btf.typeCount).toBeGreaterThan(10_000);
    expectSame(btf, path);
  });
});

describeWithReferee("types of objects, as bpftool dumps them", { corpus: ["objects"], bpftool: true }, () => {
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

describeWithReferee("hand-made BTF, as bpftool dumps it", { bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-btf-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function expectSameOf(name: string, bytes: Uint8Array): void {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    expectSame(Btf.parse(bytes), path);
  }

  it.each([
    ["little-endian", true],
    ["big-endian", false],
  ])("%s, every kind", (name, littleEndian) => {
    expectSameOf(name, everyKind(littleEndian).build());
  });

  it("with numbers at the ends of their ranges, and names that JSON must escape", () => {
    const b = everyKind(true);
    b.enumeration("unsigned", 4, false, [["large", 0xffff_ffff], ["first_negative", 0x8000_0000], ["last", 0x7fff_ffff]]); // prettier-ignore
    b.enumeration64("signed", true, [["least", -(2n ** 63n)], ["most", 2n ** 63n - 1n]]); // prettier-ignore
    b.add({ kind: "decl_tag", name: 'a "quoted\\path"', sizeOrType: 4, words: [2] });
    b.int("both", 4, { encoding: 3 });
    b.add({ kind: "datasec", name: ".void", sizeOrType: 8, vlen: 1, words: [0, 0, 8] });
    expectSameOf("numbers", b.build());
  });

  it("with a section of layouts and a kind that nobody knows", () => {
    const b = everyKind(true);
    b.add({ kind: 20, name: "new", vlen: 2, words: [1, 2, 3, 4, 5] });
    b.refer("ptr", 1);
    const layouts = Array.from({ length: 21 }, (_kind, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
    expectSameOf("layouts", b.build({ layouts }));
  });
});
