import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseElf } from "../../src/object/elf/elf.ts";
import { openObject } from "../../src/object/open.ts";
import { thrownBy } from "../support/thrown.ts";

const file = "test/objects/inner-maps.bpf.o";

// What the kernel holds after loading them is compared in test/kernel/inner-maps.test.ts.
describe("what maps hold from the start", () => {
  it("is found by index of map and program", () => {
    const { maps, programs } = openObject(readFileSync(file));
    const held = maps
      .filter(({ slots }) => slots.length > 0)
      .map(({ name, slots }) => [
        name,
        slots.map(({ index, target: { kind, at } }) => [index, (kind === "map" ? maps : programs)[at]?.name]),
      ]);
    expect(held).toEqual([
      ["outer", [[1, "first"], [3, "second"]]], // prettier-ignore
      ["by_key", [[2, "second"]]],
      ["jumps", [[1, "tail"]]],
    ]);
  });
});

/** The object with the first relocation of its maps, outer's element 1, changed. */
function changed(change: (entry: DataView, symbols: ReadonlyMap<string, number>) => void): Uint8Array {
  const bytes = new Uint8Array(readFileSync(file));
  const elf = parseElf(bytes);
  const { data } = elf.section(".rel.maps")!;
  const symbols = new Map(elf.symbols.map(({ name, index }) => [name, index]));
  change(new DataView(bytes.buffer, data.byteOffset, 16), symbols);
  return bytes;
}

const symbol = (name: string) => (entry: DataView, symbols: ReadonlyMap<string, number>) => {
  entry.setUint32(12, symbols.get(name)!, true);
};
const place = (offset: bigint) => (entry: DataView) => {
  entry.setBigUint64(0, entry.getBigUint64(0, true) + offset, true);
};

describe("an element", () => {
  it.each([
    ["that holds a program where maps are", symbol("tail"), /"tail" at byte \d+ is no map$/u],
    ["that holds data", symbol("tails"), /"tails" at byte \d+ is no map$/u],
    ["that is no whole element", place(4n), /"first" at byte \d+ is between two values of the map outer$/u],
    ["before the values", place(-16n), /"first" at byte \d+ is not among the values of a map$/u],
    ["far away", place(1n << 40n), /"first" at byte \d+ is not among the values of a map$/u],
  ])("%s is refused", (_, change, message) => {
    const error = thrownBy(() => openObject(changed(change), { what: "x.o" }));
    expect(error.code).toBe("bad-object");
    expect(error.message).toMatch(message);
  });
});
