import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { ownTypes } from "../../src/btf/opaque.ts";
import { swapByteOrder } from "../../src/btf/swap.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

describe("BTF in the other byte order", () => {
  const layouts = Array.from({ length: 20 }, (_, kind): [number, number] => [kind, 1]);

  it.each<[string, Uint8Array, Uint8Array]>([
    ["every kind", everyKind(true).build(), everyKind(false).build()],
    ["with layouts", everyKind(true).build({ layouts }), everyKind(false).build({ layouts })],
    ["with a longer header", everyKind(true).build({ headerLength: 40 }), everyKind(false).build({ headerLength: 40 })],
    ["with a gap", everyKind(true).build({ gap: 8 }), everyKind(false).build({ gap: 8 })],
  ])("is the same in all else, and once more it is what it was: %s", (_, little, big) => {
    expect(swapByteOrder(Btf.parse(little))).toEqual(big);
    expect(swapByteOrder(Btf.parse(big))).toEqual(little);
  });

  it("may be split, on a base of either byte order", () => {
    const base = Btf.parse(everyKind(true).build());
    const b = new BtfBuilder({ base });
    b.composite("struct", "own", 4, [["field", 1, 0]]);
    const split = Btf.parse(b.build(), { base });
    const swapped = Btf.parse(swapByteOrder(split), { base: Btf.parse(swapByteOrder(base)) });
    expect([...ownTypes(swapped)]).toEqual([...ownTypes(split)]);
    expect(swapped.littleEndian).toBe(false);
  });

  it("is refused where a kind is not known", () => {
    const b = everyKind(true);
    b.add({ kind: 20 });
    const btf = Btf.parse(b.build({ layouts: [...layouts, [0, 0]] }), { what: "x" });
    expect(thrownBy(() => swapByteOrder(btf))).toMatchObject({
      code: "unsupported",
      message: "x: the byte order can't be swapped: type [20] is of kind 20, and what that is made of is not known",
    });
  });
});
