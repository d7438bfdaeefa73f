import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stripDebugInfo } from "../../src/generator/strip-object.ts";
import { openObject } from "../../src/object/open.ts";
import type { BpfObject } from "../../src/object/model.ts";

const objects = [
  "../golden/maps.bpf.o",
  "../golden/records.bpf.o",
  "../objects/layouts.eb.bpf.o",
  "../../examples/opencount/opencount.bpf.o",
];

describe.each(objects)("%s without its debug info", (file) => {
  const bytes = readFileSync(new URL(file, import.meta.url));
  const original = openObject(bytes);
  const stripped = openObject(stripDebugInfo(original.elf));

  it("is the same to who loads it", () => {
    expect(loadable(stripped)).toEqual(loadable(original));
  });

  it("keeps the sections at their index, but for those of debug info", () => {
    const kept = stripped.elf.sections.filter(({ type }) => type !== 0).map(({ index, name }) => `${index} ${name}`);
    const expected = original.elf.sections
      .filter(({ type, name }) => type !== 0 && !/^(\.rel)?\.debug_|^\.llvm_addrsig$|^\.comment$/u.test(name))
      .map(({ index, name }) => `${index} ${name}`);
    expect(kept).toEqual(expected);
    expect(kept.length).toBeLessThan(original.elf.sections.length);
  });

  it("is smaller, and can't be made smaller", () => {
    const once = stripDebugInfo(original.elf);
    expect(once.length).toBeLessThan(bytes.length);
    expect(stripDebugInfo(stripped.elf)).toEqual(once);
  });
});

function loadable({ elf, btf, programs, subprograms, maps, externs, license }: BpfObject): unknown {
  // A section's own symbol has its name, and dropped sections have none any more.
  const symbols = elf.symbols.map((symbol) => ({
    ...symbol,
    name: symbol.name.startsWith(".debug_") ? "" : symbol.name,
  }));
  return { symbols, btf: btf?.bytes, programs, subprograms, maps, externs, license };
}
