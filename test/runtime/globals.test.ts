import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import { bytes, u16, u32, u64 } from "../../src/runtime/codecs.ts";
import { globalsObject } from "../../src/runtime/globals.ts";
import { ImageStore } from "../../src/runtime/globals-store.ts";

interface Limits {
  low: number;
  high: number;
  steps: { at: number }[];
}

/** `struct limits { u16 low, high; struct { u16 at; } steps[2]; }` */
const Limits: Codec<Limits> = {
  size: 8,
  read: (from, at) => ({
    low: from.u16(at),
    high: from.u16(at + 2),
    steps: from.list(at + 4, 2, 2, (memory, place) => ({ at: memory.u16(place) })),
  }),
  write: (to, at, value) => {
    to.clear(at, 8);
    to.setU16(at, value.low);
    to.setU16(at + 2, value.high);
    to.setList(at + 4, 2, 2, value.steps, (memory, place, step) => {
      memory.setU16(place, step.at);
    });
  },
};

interface Globals {
  count: number;
  limits: Limits;
  raw: Uint8Array;
  big: bigint;
}

function open(store = new ImageStore(new Uint8Array(32), true)): { store: ImageStore; data: Globals } {
  const fields = { count: [0, u32], limits: [4, Limits], raw: [12, bytes(4)], big: [16, u64] } as const;
  return { store, data: globalsObject("data", fields, store) as Globals };
}

describe("global data before loading", () => {
  it("is the section's bytes", () => {
    const { store, data } = open();
    data.count = 0x01020304;
    data.limits = { low: 1, high: 2, steps: [{ at: 3 }, { at: 4 }] };
    data.raw = Uint8Array.of(9, 8, 7, 6);
    data.big = -1n & 0xffffffffffffffffn;
    expect(Buffer.from(store.bytes).toString("hex")).toBe(
      "04030201010002000300040009080706ffffffffffffffff0000000000000000",
    );
    store.bytes[0] = 5;
    expect(data.count).toBe(0x01020305);
  });

  it("has the object's byte order", () => {
    const { store, data } = open(new ImageStore(new Uint8Array(32), false));
    data.count = 0x01020304;
    expect([...store.bytes.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
    expect(data.count).toBe(0x01020304);
  });

  it("does not change the object it came from", () => {
    const contents = new Uint8Array(32);
    open(new ImageStore(contents)).data.count = 5;
    expect(contents.every((byte) => byte === 0)).toBe(true);
  });

  it("has structs that can only be replaced as a whole: a change of one part would be lost", () => {
    const { data } = open();
    expect(() => (data.limits.low = 5)).toThrow(TypeError);
    expect(() => ((data.limits.steps[0] as { at: number }).at = 5)).toThrow(TypeError);
    expect(() => data.limits.steps.push({ at: 1 })).toThrow(TypeError);
    data.limits = { ...data.limits, low: 5 };
    expect(data.limits.low).toBe(5);
  });

  it("keeps its old value when the new one is refused", () => {
    const { data } = open();
    data.limits = { low: 1, high: 2, steps: [{ at: 3 }, { at: 4 }] };
    expect(() => (data.limits = { low: 7, high: -2, steps: [] })).toThrow(
      new RangeError("data.limits: -2 does not fit u16 (0 to 65535)"),
    );
    expect(data.limits).toEqual({ low: 1, high: 2, steps: [{ at: 3 }, { at: 4 }] });
  });

  it("prints as its values", () => {
    const { data } = open();
    data.count = 3;
    expect(Object.keys(data)).toEqual(["count", "limits", "raw", "big"]);
    expect(inspect({ ...data, raw: undefined, limits: 0 })).toBe("{ count: 3, limits: 0, raw: undefined, big: 0n }");
    expect(inspect(data)).toContain("count: 3");
    expect(() => ((data as unknown as { more: number }).more = 1)).toThrow(TypeError);
  });

  it("throws when it is written after it was sealed", () => {
    const { store, data } = open();
    data.count = 3;
    store.seal("too late");
    expect(() => (data.count = 4)).toThrow(new TypeError("data.count: too late"));
    expect(data.count).toBe(3);
  });

  it("may have names that mean something in JavaScript", () => {
    const store = new ImageStore(new Uint8Array(8), true);
    const fields = Object.fromEntries(
      ["__proto__", "constructor", "toString"].map((name, i) => [name, [i * 2, u16] as const]),
    );
    const data = globalsObject("data", fields, store) as Record<string, number>;
    expect(Object.entries(data)).toEqual([
      ["__proto__", 0],
      ["constructor", 0],
      ["toString", 0],
    ]);
    const name = "constructor";
    data[name] = 7;
    expect([...store.bytes]).toEqual([0, 0, 7, 0, 0, 0, 0, 0]);
  });
});
