import { describe, expect, it } from "vitest";

import { ByteReader, ByteWriter } from "../../src/btf/bytes.ts";
import { CoreGenError } from "../../src/errors.ts";

const reader = (bytes: Uint8Array, littleEndian = true): ByteReader =>
  new ByteReader(bytes, { what: "the data", code: "bad-btf", littleEndian });

describe("ByteReader", () => {
  const bytes = Uint8Array.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8]);

  it("reads numbers of both byte orders and signs", () => {
    const little = reader(bytes);
    const big = reader(bytes, false);
    expect([little.u8(1), little.u16(0), little.i16(0), little.u32(0), little.i32(0)]).toEqual([
      0xfe, 0xfeff, -257, 0xfcfdfeff, -50462977,
    ]);
    expect([big.u8(1), big.u16(0), big.i16(0), big.u32(0), big.i32(0)]).toEqual([0xfe, 0xfffe, -2, 0xfffefdfc, -66052]);
    expect([little.u64(0), little.i64(0)]).toEqual([0xf8f9fafbfcfdfeffn, 0xf8f9fafbfcfdfeffn - 2n ** 64n]);
    expect([big.u64(0), big.i64(0)]).toEqual([0xfffefdfcfbfaf9f8n, 0xfffefdfcfbfaf9f8n - 2n ** 64n]);
  });

  it("reads within the part of a buffer that it was given", () => {
    const part = reader(bytes.subarray(2, 4));
    expect(part.u16(0)).toBe(0xfcfd);
    expect(() => part.u8(2)).toThrow("the data: 1 bytes are needed at offset 2, but there are only 2 bytes");
  });

  it("gives slices that share memory, of Buffers, too", () => {
    const buffer = Buffer.from([1, 2, 3]);
    const slice = reader(buffer).slice(1, 2);
    expect(Buffer.isBuffer(slice)).toBe(false);
    buffer[1] = 9;
    expect([...slice]).toEqual([9, 3]);
  });

  it.each<[string, (r: ByteReader) => unknown, string]>([
    ["past the end", (r) => r.u32(5), "4 bytes are needed at offset 5, but there are only 8 bytes"],
    ["before the start", (r) => r.u8(-1), "1 bytes are needed at offset -1, but there are only 8 bytes"],
    ["at no number", (r) => r.u8(Number.NaN), "1 bytes are needed at offset NaN, but there are only 8 bytes"],
    [
      "a slice of less than nothing",
      (r) => r.slice(0, -1),
      "-1 bytes are needed at offset 0, but there are only 8 bytes",
    ],
    ["a string without an end", (r) => r.cString(2), "the string at 2 has no end"],
    ["an offset that no file has", (r) => r.offset64(0), "the 64-bit offset at 0 is 17940646550795321087"],
  ])("refuses to read %s", (_, read, problem) => {
    const run = (): unknown => read(reader(bytes));
    expect(run).toThrow(new CoreGenError("bad-btf", `the data: ${problem}`));
  });

  it("reads text as UTF-8 up to the next NUL, and no longer than allowed", () => {
    const text = reader(new TextEncoder().encode("größe\0x\0"));
    expect(text.cString(0)).toBe("größe");
    expect(text.cString(7)).toBe("");
    expect(text.cString(8, 1)).toBe("x");
    expect(text.cString(0, 7)).toBe("größe");
    expect(() => text.cString(0, 6)).toThrow(
      "the data: the name at 0 is 7 bytes long, more than any compiler writes (6)",
    );
  });
});

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("ByteWriter, %s", (_, littleEndian) => {
  it("writes what a reader reads back, across every growth of its buffer", () => {
    const writer = new ByteWriter(littleEndian);
    for (let index = 0; index < 1000; index++) {
      writer.u8(index & 0xff);
      writer.u16(index);
      writer.u32(index * 3);
      writer.u64(BigInt(index) << 40n);
    }
    const read = reader(writer.finish(), littleEndian);
    expect(read.length).toBe(15_000);
    for (let index = 0; index < 1000; index++) {
      const at = index * 15;
      expect([read.u8(at), read.u16(at + 1), read.u32(at + 3), read.u64(at + 7)]).toEqual([
        index & 0xff,
        index,
        index * 3,
        BigInt(index) << 40n,
      ]);
    }
  });

  it("aligns with zeros and appends bytes", () => {
    const writer = new ByteWriter(littleEndian);
    writer.u8(1);
    writer.align(4);
    writer.append(Uint8Array.from([2, 3]));
    writer.align(1);
    writer.align(8);
    writer.append(new Uint8Array(1000).fill(7));
    expect([...writer.finish().subarray(0, 9)]).toEqual([1, 0, 0, 0, 2, 3, 0, 0, 7]);
    expect(writer.length).toBe(1008);
    expect(writer.finish()).toHaveLength(1008);
  });
});
