import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { parseBtfExt } from "../../src/btf/ext.ts";
import { sizeOf, skipModifiers } from "../../src/btf/resolve.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { linkProgram } from "../../src/object/link.ts";
import { openObject } from "../../src/object/open.ts";
import { everyKind } from "../support/btf-builder.ts";
import { survives } from "../support/survives.ts";

const files = [
  "examples/execsnoop/execsnoop.bpf.o",
  "examples/opencount/opencount.bpf.o",
  "test/objects/linking.bpf.o",
  "test/objects/maps.eb.bpf.o",
  "test/objects/struct-ops.stripped.bpf.o",
];
const objects = files.map((file) => new Uint8Array(readFileSync(new URL(`../../${file}`, import.meta.url))));

interface Edit {
  readonly at: number;
  readonly value: number;
  readonly width: 1 | 4;
}

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    // Small numbers and all ones are what ids, sizes and offsets are confused by.
    value: fc.oneof(fc.nat(255), fc.constantFrom(0xffff_ffff, 0x7fff_ffff, 0x8000_0000), fc.nat(0xffff)),
    width: fc.constantFrom(1 as const, 4 as const),
  }),
  { minLength: 1, maxLength: 8 },
);

/** A copy with some bytes or aligned words changed, within `ranges`. */
function edited(original: Uint8Array, changes: readonly Edit[], ranges: readonly Range[]): Uint8Array {
  const bytes = Uint8Array.from(original);
  const view = new DataView(bytes.buffer);
  for (const { at, value, width } of changes) {
    const range = ranges[at % ranges.length]!;
    const place = range.start + (Math.floor(at / ranges.length) % range.length);
    if (width === 1) bytes[place] = value;
    else if (place - (place % 4) + 4 <= bytes.length) view.setUint32(place - (place % 4), value, true);
  }
  return bytes;
}

interface Range {
  readonly start: number;
  readonly length: number;
}

/** The ELF header, the section table, and the sections that we read: the rest, mostly DWARF, is not worth breaking. */
function interesting(bytes: Uint8Array): Range[] {
  const elf = parseElf(bytes);
  const table = Number(new DataView(bytes.buffer).getBigUint64(40, elf.littleEndian));
  const sections = elf.sections.filter(({ name, data }) => data.length > 0 && !/debug|addrsig|shstrtab/u.test(name));
  return [
    { start: 0, length: 64 },
    { start: table, length: elf.sections.length * 64 },
    ...sections.map(({ data }) => ({ start: data.byteOffset - bytes.byteOffset, length: data.length })),
  ];
}

const kernel = Btf.parse(parseElf(objects[0]!).section(".BTF")!.data);

function useObject(bytes: Uint8Array): void {
  const object = openObject(bytes);
  const { code, entries } = relocate(object, { vmlinux: kernel });
  for (const program of object.programs) linkProgram(object, program, (f) => code.get(f) ?? f.insns);
  for (const { source } of entries) expect(source?.line).not.toBe(-1);
}

function useBtf(bytes: Uint8Array): void {
  const btf = Btf.parse(bytes);
  expect(survives(() => dumpC(btf))).toBe(true);
  for (let id = 0; id < btf.typeCount; id++) {
    expect(survives(() => btf.type(id))).toBe(true);
    expect(survives(() => sizeOf(btf, id))).toBe(true);
    expect(survives(() => skipModifiers(btf, id))).toBe(true);
    expect(survives(() => btf.find(btf.name(id), btf.kind(id)))).toBe(true);
  }
}

describe("hostile data is read, or refused with an error of ours, at once", () => {
  it.each(files)("%s with some bytes changed", (file) => {
    const original = objects[files.indexOf(file)]!;
    const ranges = interesting(original);
    const property = fc.property(edits, (changes) => survives(() => useObject(edited(original, changes, ranges))));
    fc.assert(property, { numRuns: 400 });
  });

  it("an object that is cut off anywhere", () => {
    const property = fc.property(fc.nat(objects[1]!.length), (length) =>
      survives(() => useObject(objects[1]!.subarray(0, length))),
    );
    fc.assert(property, { numRuns: 100 });
  });

  it.each([true, false])("BTF with some bytes changed (little-endian: %s)", (littleEndian) => {
    const original = everyKind(littleEndian).build();
    const ranges = [{ start: 0, length: original.length }];
    const property = fc.property(edits, (changes) => survives(() => useBtf(edited(original, changes, ranges))));
    fc.assert(property, { numRuns: 1000 });
  });

  it("the types of an object with some bytes changed", () => {
    const original = parseElf(objects[0]!).section(".BTF")!.data;
    const ranges = [{ start: 24, length: original.length - 24 }];
    const property = fc.property(edits, (changes) =>
      survives(() => dumpC(Btf.parse(edited(original, changes, ranges)), { sorted: changes.length % 2 === 0 })),
    );
    fc.assert(property, { numRuns: 1000 });
  });

  it(".BTF.ext with some bytes changed", () => {
    const original = parseElf(objects[1]!).section(".BTF.ext")!.data;
    const ranges = [{ start: 0, length: original.length }];
    const name = (): string => "name";
    const property = fc.property(edits, (changes) =>
      survives(() => parseBtfExt(edited(original, changes, ranges), name)),
    );
    fc.assert(property, { numRuns: 1000 });
  });

  it("any bytes at all", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, elf) =>
      survives(() => {
        const start = elf ? [...objects[0]!.subarray(0, 64)] : [0x9f, 0xeb, 1, 0, 24, 0, 0, 0];
        const all = Uint8Array.from([...start, ...bytes]);
        if (elf) useObject(all);
        else useBtf(all);
      }),
    );
    fc.assert(property, { numRuns: 500 });
  });
});
