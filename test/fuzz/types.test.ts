import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { essentialName } from "../../src/btf/index/names.ts";
import { sizeOf, skipModifiers } from "../../src/btf/resolve.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { parseSpec, SpecError } from "../../src/co-re/spec.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";
import { relocatableObject } from "../support/relocatable.ts";
import { survives } from "../support/survives.ts";

const names = fc.constantFrom("", "a", "b", "t", "t___x", "___", "t____y");
const id = fc.oneof(fc.nat(14), fc.constant(0xffff_ffff));
const number = fc.oneof(fc.nat(4), fc.constantFrom(0xffff_ffff, 0x8000_0000, 0xff_ffff));

/** A type of a kind between 1 and 19 with everything else at random: also circles, and ids that do not exist. */
const type = fc.record({
  kind: fc.integer({ min: 1, max: 19 }),
  name: names,
  kindFlag: fc.boolean(),
  sizeOrType: fc.oneof(id, number),
  elements: fc.array(fc.tuple(names, id, number), { maxLength: 4 }),
});

function build(
  types: readonly {
    kind: number;
    name: string;
    kindFlag: boolean;
    sizeOrType: number;
    elements: readonly (readonly [string, number, number])[];
  }[],
): BtfBuilder {
  const b = new BtfBuilder();
  for (const { kind, name, kindFlag, sizeOrType, elements } of types) {
    const words = wordsOf(b, kind, elements);
    b.add({ kind, name, kindFlag, sizeOrType, vlen: vlens.has(kind) ? elements.length : 0, words });
  }
  return b;
}

const vlens = new Set([4, 5, 6, 13, 15, 19]);

function wordsOf(b: BtfBuilder, kind: number, elements: readonly (readonly [string, number, number])[]): number[] {
  const [, first = 0, second = 0] = elements[0] ?? [];
  switch (kind) {
    case 1:
    case 14:
    case 17:
      return [first];
    case 3:
      return [first, elements[1]?.[1] ?? 0, second];
    case 4:
    case 5:
    case 19:
      return elements.flatMap(([name, a, c]) => [b.string(name), a, c]);
    case 6:
    case 13:
      return elements.flatMap(([name, a]) => [b.string(name), a]);
    case 15:
      return elements.flatMap(([, a, c]) => [a, c, 4]);
    default:
      return [];
  }
}

describe("types that make no sense", () => {
  it("are read, or refused with an error of ours, at once", () => {
    const property = fc.property(fc.array(type, { minLength: 1, maxLength: 14 }), (types) => {
      const btf = Btf.parse(build(types).build());
      for (let at = 0; at < btf.typeCount; at++) {
        if (!survives(() => sizeOf(btf, at)) || !survives(() => skipModifiers(btf, at))) return false;
      }
      return true;
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("are written as C, or refused with an error of ours, at once", () => {
    const property = fc.property(fc.array(type, { minLength: 1, maxLength: 14 }), fc.boolean(), (types, sorted) => {
      const btf = Btf.parse(build(types).build());
      return survives(() => dumpC(btf, { sorted })) && survives(() => dumpC(btf, { roots: [1] }));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it("are relocated, or refused with an error of ours, at once", () => {
    const types = fc.array(type, { minLength: 1, maxLength: 14 });
    const access = fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }).map((steps) => steps.join(":"));
    const insn = fc.constantFrom(0x1b7n, 0x1261n, 0x118n, 0x95n);
    const property = fc.property(types, types, id, access, fc.nat(13), insn, (local, target, root, path, kind, code) =>
      survives(() => {
        const relocations = [{ insn: 0, type: root, access: path, kind }];
        const object = openObject(relocatableObject(build(local), [code, 0n], relocations));
        return relocate(object, { vmlinux: Btf.parse(build(target).build()) });
      }),
    );
    fc.assert(property, { numRuns: 2000 });
  });
});

describe("an access string", () => {
  const btf = Btf.parse(everyKind(true).build());
  const characters = fc.constantFrom(":", ":", "0", "1", "2", "9", " ", "-", "+", "x", "\0");
  const access = fc.oneof(
    fc.string({ unit: characters, maxLength: 30 }),
    fc
      .array(fc.oneof(fc.nat(20), fc.bigInt({ min: 0n, max: 10n ** 400n })), { maxLength: 80 })
      .map((all) => all.join(":")),
  );

  it("leads to a field, or is refused", () => {
    const property = fc.property(access, fc.nat(19), (text, root) => {
      try {
        const { rawSpec, bitOffset } = parseSpec(btf, root, text, "byte_off");
        expect(rawSpec.join(":")).toBe(text.replaceAll(/(^|:)0+(?=\d)/gu, "$1"));
        expect(Number.isSafeInteger(bitOffset)).toBe(true);
      } catch (error) {
        if (!(error instanceof SpecError) && !isCoreGenError(error)) throw error;
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe("the name of a type", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "_", "ü"), maxLength: 16 });

  it("finds every type, by name and without its flavour", () => {
    const property = fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), (all) => {
      const b = new BtfBuilder();
      for (const name of all) b.composite("struct", name, 0, []);
      const btf = Btf.parse(b.build());
      for (const name of all.filter((n) => n !== "")) {
        expect(btf.find(name, "struct")).toBe(all.indexOf(name) + 1);
        const flavours = all.flatMap((n, index) =>
          n !== "" && essentialName(n) === essentialName(name) ? [index + 1] : [],
        );
        expect([...btf.ownEssential(essentialName(name))]).toEqual(flavours);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
