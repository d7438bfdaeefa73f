import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import * as codecs from "../../src/runtime/codecs.ts";
import { perCpuCodec } from "../../src/runtime/maps/per-cpu-codec.ts";
import { Memory } from "../../src/runtime/memory.ts";

/** An arbitrary of all values of a C integer. */
function integers(bits: number, signed: boolean): fc.Arbitrary<number> {
  return signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });
}

function bigints(bits: bigint, signed: boolean): fc.Arbitrary<bigint> {
  return signed
    ? fc.bigInt({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n })
    : fc.bigInt({ min: 0n, max: (1n << bits) - 1n });
}

const bytesOf = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
const textOf = (size: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: "grapheme", maxLength: size })
    .filter((text) => Buffer.byteLength(text) <= size && !text.includes("\0"));

/** One line for each codec: its name, C's sizeof, and the values that it takes. */
const cases: readonly (readonly [name: string, size: number, codec: Codec<unknown>, values: fc.Arbitrary<unknown>])[] =
  [
    ["u8", 1, codecs.u8, integers(8, false)],
    ["i8", 1, codecs.i8, integers(8, true)],
    ["u16", 2, codecs.u16, integers(16, false)],
    ["i16", 2, codecs.i16, integers(16, true)],
    ["u32", 4, codecs.u32, integers(32, false)],
    ["i32", 4, codecs.i32, integers(32, true)],
    ["u64", 8, codecs.u64, bigints(64n, false)],
    ["i64", 8, codecs.i64, bigints(64n, true)],
    ["u128", 16, codecs.u128, bigints(128n, false)],
    ["i128", 16, codecs.i128, bigints(128n, true)],
    ["f32", 4, codecs.f32, fc.float()],
    ["f64", 8, codecs.f64, fc.double()],
    ["bool", 1, codecs.bool, fc.boolean()],
    ["pointer", 8, codecs.pointer, bigints(64n, false)],
    ["bytes(5)", 5, codecs.bytes(5), bytesOf(5)],
    ["text(3)", 3, codecs.text(3), textOf(3)],
    ["text(16)", 16, codecs.text(16), textOf(16)],
    ["text(40)", 40, codecs.text(40), textOf(40)],
    ["u16 of 3 CPUs", 24, perCpuCodec(codecs.u16, 3), fc.array(integers(16, false), { minLength: 3, maxLength: 3 })],
    [
      "bytes(12) of 2 CPUs",
      32,
      perCpuCodec(codecs.bytes(12), 2),
      fc.array(bytesOf(12), { minLength: 2, maxLength: 2 }),
    ],
  ];

describe.each(cases)("codec %s", (_, size, codec, values) => {
  it(`is ${size} bytes large`, () => {
    expect(codec.size).toBe(size);
  });

  it.each([true, false])(
    "reads back what it wrote, and touches nothing around it (little-endian: %s)",
    (littleEndian) => {
      fc.assert(
        fc.property(values, fc.nat(9), (value, at) => {
          const bytes = new Uint8Array(at + size + 9).fill(0xcc);
          const memory = new Memory(bytes, littleEndian);
          codec.write(memory, at, value);
          expect(codec.read(memory, at)).toEqual(value);
          const around = [...bytes.subarray(0, at), ...bytes.subarray(at + size)];
          expect(around.every((byte) => byte === 0xcc)).toBe(true);
        }),
      );
    },
  );

  it("defines all of its bytes", () => {
    fc.assert(
      fc.property(values, (value) => {
        const [zeros, ones] = [new Uint8Array(size), new Uint8Array(size).fill(0xff)];
        codec.write(new Memory(zeros), 0, value);
        codec.write(new Memory(ones), 0, value);
        expect(ones).toEqual(zeros);
      }),
    );
  });
});
