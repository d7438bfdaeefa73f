import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { checkReferences } from "../../src/btf/check-references.ts";
import { diffBtf } from "../../src/btf/diff/diff.ts";
import { comparedKinds } from "../../src/btf/diff/facts.ts";
import { ownIds } from "../../src/btf/dump-fields.ts";
import { dumpJson } from "../../src/btf/dump-json.ts";
import { dumpRaw } from "../../src/btf/dump-raw.ts";
import { relocateSplit } from "../../src/btf/relocate-split.ts";
import { searchTypes } from "../../src/btf/search.ts";
import { showType } from "../../src/btf/show/show-type.ts";
import { generateTypes } from "../../src/generator/generate-types.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";
import { survives } from "../support/survives.ts";

const original = everyKind(true).build();
const good = Btf.parse(original);

/** A copy with some bytes or aligned words changed. */
const damaged = fc
  .array(
    fc.record({
      at: fc.nat(original.length - 1),
      value: fc.oneof(fc.nat(30), fc.nat(255), fc.constantFrom(0xffff_ffff, 0x7fff_ffff, 0x8000_0000), fc.nat(0xffff)),
      width: fc.constantFrom(1, 4),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((edits) => {
    const bytes = Uint8Array.from(original);
    const view = new DataView(bytes.buffer);
    for (const { at, value, width } of edits) {
      if (width === 1) bytes[at] = value;
      else if (at - (at % 4) + 4 <= bytes.length) view.setUint32(at - (at % 4), value, true);
    }
    return bytes;
  });

/** Everything that core-gen btf does with types; each part on its own, so that one error does not hide the next. */
function useEverything(bytes: Uint8Array): boolean {
  const btf = parsed(bytes);
  if (btf === undefined) return true;
  const uses = [
    () => checkReferences(btf),
    () => [...dumpRaw(btf)],
    () => JSON.parse([...dumpJson(btf)].join("")) as unknown,
    () => [...searchTypes(btf, "*e*")],
    () => diffBtf(btf, good, { kinds: comparedKinds }),
    () => diffBtf(good, btf, { kinds: comparedKinds }),
    () => relocateSplit(btf, good),
    ...[...ownIds(btf)].map((id) => () => showType(btf, id)),
  ];
  return uses.every((use) => survives(use));
}

function parsed(bytes: Uint8Array, base?: Btf): Btf | undefined {
  try {
    return Btf.parse(bytes, base === undefined ? {} : { base });
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
    return undefined;
  }
}

describe("damaged types are printed, or refused with an error of ours, at once", () => {
  it("in every way that core-gen btf prints", () => {
    fc.assert(fc.property(damaged, useEverything), { numRuns: 1500 });
  });

  it("as TypeScript", async () => {
    const property = fc.asyncProperty(damaged, async (bytes) => {
      const btf = parsed(bytes);
      if (btf === undefined) return;
      await generateTypes(btf, "fuzz", ownIds(btf)).catch((error: unknown) => {
        if (!isCoreGenError(error)) throw error;
      });
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it("on a damaged distilled base", () => {
    const split = new BtfBuilder({ base: good });
    split.composite("struct", "module_struct", 24, [
      ["inner", 4, 0],
      ["int", 1, 128],
    ]);
    const bytes = split.build();
    const property = fc.property(damaged, (base) => {
      const distilled = parsed(base);
      const btf = distilled === undefined ? undefined : parsed(bytes, distilled);
      return btf === undefined || survives(() => [...dumpRaw(relocateSplit(btf, good))]);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("types that grow without end do not take long", () => {
  it("when each struct has two of the one before without a name", () => {
    const b = new BtfBuilder();
    let inner = b.int("int", 4);
    for (let level = 0; level < 40; level++) inner = b.composite("struct", "", 4, [["a", inner, 0], ["b", inner, 0]]); // prettier-ignore
    b.composite("struct", "outer", 4, [["x", inner, 0]]);
    const btf = Btf.parse(b.build());
    expect(survives(() => showType(btf, 42), 4000)).toBe(true);
    expect(survives(() => diffBtf(btf, good), 4000)).toBe(true);
  });

  it("when each struct has two of the one before, and nothing has a name", () => {
    const b = new BtfBuilder();
    let inner = b.composite("struct", "", 0, []);
    for (let level = 0; level < 30; level++) inner = b.composite("struct", "", 4, [["", inner, 0], ["", inner, 0]]); // prettier-ignore
    b.composite("struct", "outer", 4, [["", inner, 0]]);
    const btf = Btf.parse(b.build());
    expect(survives(() => showType(btf, 32), 4000)).toBe(true);
    expect(survives(() => diffBtf(btf, good), 4000)).toBe(true);
  });

  it("when each function takes two of the one before", () => {
    const b = new BtfBuilder();
    let inner = b.int("int", 4);
    for (let level = 0; level < 40; level++) {
      const pointer = b.refer("ptr", inner);
      inner = b.add({ kind: "func_proto", sizeOrType: pointer, vlen: 2, words: [0, pointer, 0, pointer] });
    }
    const typedef = b.refer("typedef", b.refer("ptr", inner), "run");
    const func = b.add({ kind: "func", name: "f", sizeOrType: inner, vlen: 1 });
    const btf = Btf.parse(b.build());
    expect(survives(() => showType(btf, typedef), 4000)).toBe(true);
    expect(survives(() => showType(btf, func), 4000)).toBe(true);
    expect(survives(() => diffBtf(btf, good, { kinds: comparedKinds }), 4000)).toBe(true);
  });

  it("when a pattern could match in very many ways", () => {
    const b = new BtfBuilder();
    for (let index = 0; index < 2000; index++) b.int(`${"a".repeat(500)}${index}`, 4);
    const btf = Btf.parse(b.build());
    expect(survives(() => [...searchTypes(btf, `${"*a".repeat(100)}*b`)], 4000)).toBe(true);
  });
});
