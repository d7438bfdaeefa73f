import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { openObject } from "../../src/object/open.ts";
import { findRecords } from "../../src/object/records.ts";

const files = [
  "records.bpf.o",
  "records.dwarf4.bpf.o",
  "records.eb.bpf.o",
  "layouts.bpf.o",
  "layouts.dwarf2.bpf.o",
  "two-units.bpf.o",
];
const originals = files.map((file) => new Uint8Array(readFileSync(new URL(`../objects/${file}`, import.meta.url))));

/** Nobody waits longer than this for a wrong object to be refused; a good one takes a hundredth of it. */
const PATIENCE_MS = 3_000;

/** Whether an object is read, or refused with an error of ours. All types of the report are looked at, too. */
function survives(bytes: Uint8Array): boolean {
  const start = performance.now();
  try {
    const { types, maps } = findRecords(openObject(bytes));
    for (let id = 0; id < types.typeCount; id++) types.type(id);
    for (const { candidates } of maps) for (const id of candidates) types.type(id);
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
  }
  return performance.now() - start < PATIENCE_MS;
}

/** Where the sections lie that the search reads: the rest of the file is not worth breaking. */
function interesting(bytes: Uint8Array): { start: number; length: number }[] {
  return parseElf(bytes)
    .sections.filter(
      ({ name, data }) => data.length > 0 && /^(?:\.rel)?\.debug_(?!line$|loc|frame)|^\.text$|^tracepoint/u.test(name),
    )
    .map(({ data }) => ({ start: data.byteOffset - bytes.byteOffset, length: data.length }));
}

const places = originals.map(interesting);

/** An original with some bytes of its debug info and code changed. */
const broken = fc
  .record({
    file: fc.nat(originals.length - 1),
    edits: fc.array(fc.record({ section: fc.nat(), at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  .map(({ file, edits }) => {
    const bytes = Uint8Array.from(originals[file] ?? []);
    const sections = places[file] ?? [];
    for (const { section, at, value } of edits) {
      const place = sections[section % sections.length];
      if (place !== undefined) bytes[place.start + (at % place.length)] = value;
    }
    return bytes;
  });

describe("objects that are not what they seem", () => {
  it("whose bytes were changed are read or refused, soon", () => {
    fc.assert(fc.property(broken, survives), { numRuns: 300 });
  }, 60_000);

  it("that are cut off are refused or read, soon", () => {
    fc.assert(
      fc.property(fc.nat(originals.length - 1), fc.double({ min: 0, max: 1, noNaN: true }), (file, part) => {
        const whole = originals[file] ?? new Uint8Array();
        return survives(whole.subarray(0, Math.floor(whole.length * part)));
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it("are not there when nothing was changed", () => {
    for (const bytes of originals) expect(findRecords(openObject(bytes)).maps.length).toBeGreaterThan(0);
  });
});
