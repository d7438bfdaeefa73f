import { describe, expect, it } from "vitest";
import { Memory } from "../../src/runtime/memory.ts";

/*
 * What clang 19 puts into .data for --target=bpfel and --target=bpfeb, from
 *
 *   struct bits {
 *       unsigned int a : 3; unsigned int b : 7; int c : 5; unsigned int big : 17; unsigned long long d : 40;
 *       long long e : 24; unsigned char f : 1; signed char g : 2; unsigned long long h : 63;
 *   } __attribute__((packed));
 *   struct bits one = { 5, 0x55, -11, 0x1abcd, 0xfedcba9876ULL, -1234567, 1, -2, 0x7123456789abcdefULL };
 *   struct tight {
 *       char pad[1]; unsigned long long w : 5; unsigned long long x : 33; unsigned long long y : 26;
 *   } __attribute__((packed));
 *   struct tight two = { {0x7f}, 0x15, 0x1deadbeefULL, 0x2abcdef };
 *   struct plain {
 *       unsigned char u8; signed char i8; unsigned short u16; short i16; unsigned int u32; int i32;
 *       unsigned long long u64; long long i64; unsigned __int128 u128; __int128 i128; float f32; double f64;
 *       _Bool b; char t[6];
 *   };
 *   struct plain three = { 0xfe, -3, 0xfedc, -12345, 0xfedcba98, -123456789, 0xfedcba9876543210ULL,
 *       -1234567890123456789LL, ((unsigned __int128)0xfedcba9876543210ULL << 64) | 0x0123456789abcdefULL,
 *       -(((__int128)1 << 100) + 12345), 1.5f, -2.25e300, 1, "grü" };
 */
const little = {
  littleEndian: true,
  bits: "add6e6d57698badcfe7929ed7d6f5e4d3c2b1a8903",
  tight: "7ff5ddb7d5fb7bf3aa",
  plain:
    "fefddcfec7cf000098badcfeeb32a4f81032547698badcfeeb7e16820befddeeefcdab89674523011032547698badcfec7cfffffffffffffffffffffefffffff" +
    "0000c03f000000004f840019c4e04afe016772c3bc0000000000000000000000",
};
const big = {
  littleEndian: false,
  bits: "b56babcdfedcba9876ed2979dc48d159e26af37bc0",
  tight: "7faf7ab6fbbeabcdef",
  plain:
    "fefdfedccfc70000fedcba98f8a432ebfedcba9876543210eeddef0b82167eebfedcba98765432100123456789abcdefffffffefffffffffffffffffffffcfc7" +
    "3fc0000000000000fe4ae0c41900844f016772c3bc0000000000000000000000",
};

/** Places by the offsets that `bpftool btf dump` prints for both objects. */
const bitFields = [
  { name: "a", offset: 0, size: 3, signed: false, value: 5n },
  { name: "b", offset: 3, size: 7, signed: false, value: 0x55n },
  { name: "c", offset: 10, size: 5, signed: true, value: -11n },
  { name: "big", offset: 15, size: 17, signed: false, value: 0x1abcdn },
  { name: "d", offset: 32, size: 40, signed: false, value: 0xfedcba9876n },
  { name: "e", offset: 72, size: 24, signed: true, value: -1234567n },
  { name: "f", offset: 96, size: 1, signed: false, value: 1n },
  { name: "g", offset: 97, size: 2, signed: true, value: -2n },
  { name: "h", offset: 99, size: 63, signed: false, value: 0x7123456789abcdefn },
] as const;
const tightFields = [
  { name: "w", offset: 8, size: 5, value: 0x15n },
  { name: "x", offset: 13, size: 33, value: 0x1deadbeefn },
  { name: "y", offset: 46, size: 26, value: 0x2abcdefn },
] as const;

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The bytes at byte `shift` of a larger memory, so that places are relative and nothing is aligned. */
function shifted(hex: string, littleEndian: boolean, shift = 3): Memory {
  const bytes = fromHex(hex);
  const all = new Uint8Array(bytes.length + shift + 5).fill(0xee);
  all.set(bytes, shift);
  return new Memory(all, littleEndian);
}

describe.each([
  ["little-endian", little],
  ["big-endian", big],
])("%s memory", (_, { littleEndian, bits, tight, plain }) => {
  it.each(bitFields)("reads the bit-field $name as clang wrote it", ({ offset, size, signed, value }) => {
    const memory = shifted(bits, littleEndian);
    expect(signed ? memory.signedBigBits(3, offset, size) : memory.bigBits(3, offset, size)).toBe(value);
    if (size <= 53)
      expect(signed ? memory.signedBits(3, offset, size) : memory.bits(3, offset, size)).toBe(Number(value));
  });

  it.each(tightFields)("reads the bit-field $name that begins in the middle of a byte", ({ offset, size, value }) => {
    const memory = shifted(tight, littleEndian);
    expect(memory.bigBits(3, offset, size)).toBe(value);
    expect(memory.bits(3, offset, size)).toBe(Number(value));
  });

  it("writes bit-fields as clang does, in any order", () => {
    const memory = shifted("00".repeat(21), littleEndian);
    for (const { offset, size, signed, value } of [...bitFields].reverse()) {
      if (signed) memory.setSignedBits(3, offset, size, value);
      else memory.setBits(3, offset, size, size <= 53 ? Number(value) : value);
    }
    expect(toHex(memory.slice(3, 21))).toBe(bits);
    expect(toHex(memory.slice(0, 3)) + toHex(memory.slice(24, 5))).toBe("eeeeeeeeeeeeeeee");
  });

  it("reads scalars as clang wrote them", () => {
    const memory = shifted(plain, littleEndian);
    expect({
      u8: memory.u8(3),
      i8: memory.i8(4),
      u16: memory.u16(5),
      i16: memory.i16(7),
      u32: memory.u32(11),
      i32: memory.i32(15),
      u64: memory.u64(19),
      i64: memory.i64(27),
      u128: memory.u128(35),
      i128: memory.i128(51),
      f32: memory.f32(67),
      f64: memory.f64(75),
      b: memory.bool(83),
      t: memory.text(84, 6),
    }).toEqual({
      u8: 0xfe,
      i8: -3,
      u16: 0xfedc,
      i16: -12345,
      u32: 0xfedcba98,
      i32: -123456789,
      u64: 0xfedcba9876543210n,
      i64: -1234567890123456789n,
      u128: 0xfedcba98765432100123456789abcdefn,
      i128: -((1n << 100n) + 12345n),
      f32: 1.5,
      f64: -2.25e300,
      b: true,
      t: "grü",
    });
  });

  it("writes scalars as clang does", () => {
    const memory = shifted("00".repeat(96), littleEndian);
    memory.setU8(3, 0xfe);
    memory.setI8(4, -3);
    memory.setU16(5, 0xfedc);
    memory.setI16(7, -12345);
    memory.setU32(11, 0xfedcba98);
    memory.setI32(15, -123456789);
    memory.setU64(19, 0xfedcba9876543210n);
    memory.setI64(27, -1234567890123456789n);
    memory.setU128(35, 0xfedcba98765432100123456789abcdefn);
    memory.setI128(51, -((1n << 100n) + 12345n));
    memory.setF32(67, 1.5);
    memory.setF64(75, -2.25e300);
    memory.setBool(83, true);
    memory.setText(84, 6, "grü");
    expect(toHex(memory.slice(3, 96))).toBe(plain);
  });
});

describe("text", () => {
  const read = (text: string | Uint8Array, size: number, at = 0): string => {
    const bytes = new Uint8Array(at + size + 40).fill(0x7a);
    bytes.set(typeof text === "string" ? Buffer.from(text, "utf8") : text, at);
    return new Memory(bytes).text(at, size);
  };

  it.each([1, 2, 3, 4, 5, 7, 8, 11, 12, 15, 16, 17, 19, 20, 33, 64, 256])("of %i bytes, of every length", (size) => {
    for (let length = 0; length <= size; length++) {
      const text = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(8).slice(0, length);
      for (let at = 0; at < 5; at++) expect(read(`${text}\0\0`, size, at)).toBe(text);
    }
  });

  it.each([
    ["two-byte characters", "grüße"],
    ["three-byte characters", "日本語"],
    ["four-byte characters", "a😀b"],
    ["a byte order mark", "\ufeffx"],
    ["longer text", "/home/grüße/日本語/😀/with/a/long/path"],
  ])("with %s", (_, text) => {
    expect(read(`${text}\0`, 64)).toBe(text);
    expect(read(`${text}\0`, Buffer.byteLength(text))).toBe(text);
    expect(read(`${text}\0`, Buffer.byteLength(text) + 1, 3)).toBe(text);
  });

  it("replaces what is not UTF-8, as the Encoding Standard does", () => {
    const wrong = Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xe6, 0x97, 0x00);
    const expected = new TextDecoder("utf-8").decode(wrong.subarray(0, 6));
    expect(read(wrong, 16)).toBe(expected);
    expect(read(wrong, 7)).toBe(expected);
    expect(read(wrong, 64)).toBe(expected);
  });

  it("does not mind what is behind the NUL", () => {
    expect(read(Uint8Array.of(0x61, 0, 0xff, 0xff, 0xff, 0xff), 16)).toBe("a");
    expect(read(Uint8Array.of(0x61, 0x62, 0, 0xff, 0xff, 0xff), 40)).toBe("ab");
  });

  it("tells texts apart that share a slot of the cache", () => {
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < 5000; i++) expect(read(`task-${i}\0`, 16)).toBe(`task-${i}`);
  });

  it("is never read past its end, nor outside of the memory", () => {
    const memory = new Memory(new Uint8Array(20).fill(0x61));
    expect(memory.text(4, 16)).toBe("a".repeat(16));
    expect(() => memory.text(5, 16)).toThrow(RangeError);
    expect(() => memory.text(3, 18)).toThrow(RangeError);
    expect(() => memory.text(-1, 4)).toThrow(RangeError);
  });

  it("fills its array without a NUL, or is followed by zeros", () => {
    const memory = new Memory(new Uint8Array(8).fill(0xff));
    memory.setText(1, 4, "abcd");
    expect(toHex(memory.bytes)).toBe("ff61626364ffffff");
    memory.setText(1, 4, "ü");
    expect(toHex(memory.bytes)).toBe("ffc3bc0000ffffff");
    expect(() => {
      memory.setText(1, 4, "grüß");
    }).toThrow(new RangeError('"grüß" is 6 bytes of UTF-8, too many for char[4]'));
    expect(() => {
      memory.setText(1, 4, "a\0b");
    }).toThrow(/NUL/u);
    expect(toHex(memory.bytes)).toBe("ffc3bc0000ffffff");
  });
});

describe("flexible arrays", () => {
  it("reach to the end of the record", () => {
    const memory = new Memory(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), true);
    memory.end = 7;
    expect(memory.rest(2, 2, (from, at) => from.u16(at))).toEqual([0x0403, 0x0605]);
    expect(memory.restBytes(4)).toEqual(Uint8Array.of(5, 6, 7));
    expect(memory.rest(7, 2, (from, at) => from.u16(at))).toEqual([]);
    expect(memory.restBytes(8)).toEqual(new Uint8Array());
    expect(new Memory(Buffer.from("xhello\0\0\0")).restText(1)).toBe("hello");
  });

  it("are followed by zeros when they are written", () => {
    const memory = new Memory(new Uint8Array(8).fill(0xff), true);
    memory.setRest(2, 2, [1, 2], (to, at, value) => {
      to.setU16(at, value);
    });
    expect(toHex(memory.bytes)).toBe("ffff010002000000");
    memory.setRestText(5, "ab");
    memory.setRestBytes(0, Uint8Array.of(7));
    expect(toHex(memory.bytes)).toBe("0700000000000000");
    expect(() => {
      memory.setRestBytes(6, new Uint8Array(3));
    }).toThrow("3 bytes are too many for the 2 bytes of u8[]");
  });
});

describe("unions", () => {
  interface Address {
    v4?: number;
    v6?: Uint8Array;
    flags?: number;
  }
  const write = (value: Address): string => {
    const memory = new Memory(new Uint8Array(10).fill(0xff), true);
    memory.setUnion(1, 8, value, {
      v4: (to, at, v4) => {
        to.setU32(at, v4);
      },
      v6: (to, at, v6) => {
        to.setSlice(at, 8, v6);
      },
      flags: (to, at, flags) => {
        to.setBits(at, 60, 4, flags);
      },
    });
    return toHex(memory.bytes);
  };

  it("are zeros without a member", () => {
    expect(write({})).toBe("ff0000000000000000ff");
  });

  it("are written through one member", () => {
    expect(write({ v4: 0x01020304 })).toBe("ff0403020100000000ff");
    expect(write({ flags: 0xa })).toBe("ff00000000000000a0ff");
  });

  it("take several members that agree, or that share no bits", () => {
    expect(write({ v4: 0x01020304, v6: Uint8Array.of(4, 3, 2, 1, 5, 6, 7, 8) })).toBe("ff0403020105060708ff");
    expect(write({ v4: 1, flags: 2 })).toBe("ff0100000000000020ff");
  });

  it("take all members back that were read, whatever the kernel left in padding and behind texts", () => {
    interface Mixed {
      raw: Uint8Array;
      entry: { kind: number; size: number; inner: { low: number; all: number } };
      name: string;
    }
    const read = (from: Memory): Mixed => ({
      raw: from.slice(0, 12),
      entry: { kind: from.u8(0), size: from.u32(4), inner: { low: from.u8(8), all: from.u16(8) } },
      name: from.text(0, 12),
    });
    const write = (value: Mixed): string => {
      const memory = new Memory(new Uint8Array(12).fill(0xee), true);
      memory.setUnion(0, 12, value, {
        raw: (to, at, raw) => {
          to.setSlice(at, 12, raw);
        },
        entry: (to, at, entry) => {
          to.clear(at, 12);
          to.setU8(at, entry.kind);
          to.setU32(at + 4, entry.size);
          to.setUnion(at + 8, 4, entry.inner, {
            low: (inner, place, low) => {
              inner.setU8(place, low);
            },
            all: (inner, place, all) => {
              inner.setU16(place, all);
            },
          });
        },
        name: (to, at, name) => {
          to.setText(at, 12, name);
        },
      });
      return toHex(memory.bytes);
    };
    for (const hex of ["616200cccccccccccccccccc", "6162636465666768696a6b6c", "0001020304050607ff090a0b"]) {
      const value = read(new Memory(fromHex(hex), true));
      expect(write(value)).toBe(hex);
      expect(() => write({ ...value, entry: { ...value.entry, kind: value.entry.kind ^ 1 } })).toThrow(
        /raw and entry/u,
      );
      expect(() => write({ ...value, name: "b" })).toThrow(/raw and name/u);
    }
  });

  it("name the members that don't agree", () => {
    expect(() => write({ v4: 9, v6: Uint8Array.of(4, 3, 2, 1, 5, 6, 7, 8) })).toThrow(
      new RangeError("union members v4 and v6 hold different bytes: give one of them"),
    );
    expect(() => write({ v6: new Uint8Array(8), flags: 1 })).toThrow(/v6 and flags/u);
  });
});

describe("lists and bytes", () => {
  it("copy what they read", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const slice = new Memory(Buffer.from(bytes.buffer)).slice(1, 2);
    bytes.fill(0);
    expect(slice).toEqual(Uint8Array.of(2, 3));
  });

  it("take exactly as many elements as the array has", () => {
    const memory = new Memory(new Uint8Array(8), true);
    const write = (values: number[]): void => {
      memory.setList(0, 2, 4, values, (to, at, value) => {
        to.setU32(at, value);
      });
    };
    write([1, 2]);
    expect(memory.list(0, 2, 4, (from, at) => from.u32(at))).toEqual([1, 2]);
    expect(() => {
      write([1]);
    }).toThrow(new RangeError("an array of 2 takes 2 elements, not 1"));
    expect(() => {
      memory.setSlice(0, 4, new Uint8Array(3));
    }).toThrow(new RangeError("u8[4] takes 4 bytes, not 3"));
  });
});

describe("values that do not fit", () => {
  const memory = new Memory(new Uint8Array(16).fill(0xaa));
  // What people who don't use TypeScript can do.
  const any = (value: unknown): never => value as never;

  it.each<[string, () => void, string]>([
    [
      "u8 above",
      () => {
        memory.setU8(0, 256);
      },
      "256 does not fit u8 (0 to 255)",
    ],
    [
      "u8 below",
      () => {
        memory.setU8(0, -1);
      },
      "-1 does not fit u8 (0 to 255)",
    ],
    [
      "i8",
      () => {
        memory.setI8(0, 128);
      },
      "128 does not fit i8 (-128 to 127)",
    ],
    [
      "u16",
      () => {
        memory.setU16(0, 65536);
      },
      "65536 does not fit u16 (0 to 65535)",
    ],
    [
      "i16",
      () => {
        memory.setI16(0, -32769);
      },
      "-32769 does not fit i16 (-32768 to 32767)",
    ],
    [
      "u32",
      () => {
        memory.setU32(0, 2 ** 32);
      },
      "4294967296 does not fit u32 (0 to 4294967295)",
    ],
    [
      "i32",
      () => {
        memory.setI32(0, 2 ** 31);
      },
      "2147483648 does not fit i32 (-2147483648 to 2147483647)",
    ],
    [
      "u64",
      () => {
        memory.setU64(0, 1n << 64n);
      },
      "18446744073709551616n does not fit u64 (0 to 18446744073709551615)",
    ],
    [
      "i64",
      () => {
        memory.setI64(0, 1n << 63n);
      },
      "9223372036854775808n does not fit i64 (-9223372036854775808 to 9223372036854775807)",
    ],
    [
      "u128",
      () => {
        memory.setU128(0, -1n);
      },
      "-1n does not fit u128 (0 to 340282366920938463463374607431768211455)",
    ],
    [
      "i128",
      () => {
        memory.setI128(0, 1n << 127n);
      },
      "does not fit i128",
    ],
    [
      "f32",
      () => {
        memory.setF32(0, 1e300);
      },
      "1e+300 is too large for f32",
    ],
    [
      "a fraction",
      () => {
        memory.setU32(0, 1.5);
      },
      "u32 takes an integer, not 1.5",
    ],
    [
      "NaN",
      () => {
        memory.setU32(0, NaN);
      },
      "u32 takes an integer, not NaN",
    ],
    [
      "a bigint for a number",
      () => {
        memory.setU32(0, any(5n));
      },
      "u32 takes a number, not 5n",
    ],
    [
      "a number for a bigint",
      () => {
        memory.setU64(0, any(5));
      },
      "u64 takes a bigint, not 5 (write 5n)",
    ],
    [
      "nothing",
      () => {
        memory.setU32(0, any(undefined));
      },
      "u32 takes a number, not undefined",
    ],
    [
      "text for a float",
      () => {
        memory.setF64(0, any("1"));
      },
      'f64 takes a number, not "1"',
    ],
    [
      "a number for a bool",
      () => {
        memory.setBool(0, any(1));
      },
      "bool takes true or false, not 1",
    ],
    [
      "a number for text",
      () => {
        memory.setText(0, 4, any(1));
      },
      "char[4] takes a string, not 1",
    ],
    [
      "an array for bytes",
      () => {
        memory.setSlice(0, 4, any([1]));
      },
      "u8[4] takes a Uint8Array, not an array",
    ],
    [
      "a bit-field",
      () => {
        memory.setBits(0, 1, 3, 8);
      },
      "8 does not fit unsigned bit-field of 3 bits (0 to 7)",
    ],
    [
      "a signed bit-field",
      () => {
        memory.setSignedBits(0, 1, 3, 4n);
      },
      "4n does not fit signed bit-field of 3 bits (-4 to 3)",
    ],
    [
      "outside",
      () => {
        memory.setU32(13, 1);
      },
      "Offset is outside the bounds of the DataView",
    ],
    [
      "a bit-field outside",
      () => {
        memory.setBits(15, 6, 4, 1);
      },
      "bit-field at byte 16 of 16",
    ],
    [
      "cleared outside",
      () => {
        memory.clear(10, 7);
      },
      "7 bytes at byte 10 of a memory of 16 bytes",
    ],
    [
      "128 bits outside",
      () => {
        memory.setU128(1, 1n);
      },
      "16 bytes at byte 1 of a memory of 16 bytes",
    ],
  ])("%s", (_, write, message) => {
    expect(write).toThrow(message);
    expect(toHex(memory.bytes)).toBe("aa".repeat(16));
  });
});
