import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { ByteWriter } from "../../src/btf/bytes.ts";
import { essentialName } from "../../src/btf/index/names.ts";

/*
 * Names as no compiler writes them: the same one several times in the strings, some inside of others, most of them with
 * underscores. libbpf looks at every type there is, and so does the search that ours is compared with.
 */

/** Strings, and where in them (and in those of the base) the names of forward declarations begin. */
interface Part {
  readonly strings: string;
  readonly names: readonly number[];
}

const part = fc.record<Part>({
  strings: fc.string({ unit: fc.constantFrom("a", "b", "_", "_", "\0"), maxLength: 60 }).map((text) => `\0${text}\0`),
  names: fc.array(fc.nat(140), { maxLength: 30 }),
});

describe("a search by name finds what a look at every type finds", () => {
  it.each([
    ["little-endian", true],
    ["big-endian", false],
  ])("in %s BTF and on top of another", (_, littleEndian) => {
    const property = fc.property(part, part, fc.nat(3), (base, own, shift) => {
      const below = Btf.parse(encode(base, littleEndian, shift));
      const above = Btf.parse(encode(own, littleEndian, shift), { base: below });
      const belowNames = namesOf(base.names, base.strings);
      const aboveNames = namesOf(own.names, base.strings + own.strings);
      for (const wanted of new Set([...belowNames, ...aboveNames, "a", "a_", "_", "aa", "b__a", "___a"])) {
        if (wanted === "") continue;
        expect([...below.ownEssential(wanted)]).toEqual(like(wanted, belowNames, 1));
        expect([...above.ownEssential(wanted)]).toEqual(like(wanted, aboveNames, below.typeCount));
        const all = [undefined, ...belowNames, ...aboveNames];
        const first = all.indexOf(wanted);
        expect(above.find(wanted, "fwd")).toBe(first < 0 ? undefined : first);
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

/** The data begins `shift` bytes into its memory: types need not be aligned there. */
function encode({ strings, names }: Part, littleEndian: boolean, shift: number): Uint8Array {
  const out = new ByteWriter(littleEndian);
  const types = names.length * 12;
  out.u16(0xeb9f);
  out.u8(1);
  out.u8(0);
  for (const word of [24, 0, types, types, strings.length]) out.u32(word);
  for (const name of names) for (const word of [name, 7 << 24, 0]) out.u32(word);
  out.append(new TextEncoder().encode(strings));
  const data = out.finish();
  const memory = new Uint8Array(shift + data.length);
  memory.set(data, shift);
  return memory.subarray(shift);
}

/** What begins at each offset; nothing past the strings, and at 0, which is no name. */
function namesOf(offsets: readonly number[], strings: string): string[] {
  return offsets.map((at) => strings.slice(at, Math.max(at, strings.indexOf("\0", at))));
}

function like(wanted: string, names: readonly string[], firstId: number): number[] {
  return names.flatMap((name, index) => (essentialName(name) === wanted ? [firstId + index] : []));
}
