import { describe, expect, it } from "vitest";

import { ByteReader, ByteWriter } from "../../src/btf/bytes.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { parseUsdtArguments, type UsdtMachine } from "../../src/object/usdt/arguments.ts";
import { readUsdtNotes } from "../../src/object/usdt/notes.ts";
import { placeOf } from "../../src/object/usdt/places.ts";
import { encodeUsdtSpec } from "../../src/object/usdt/spec.ts";

const at = (register: number, offset = 0n) => ({ kind: "memory", register, offset });
const inside = (register: number) => ({ kind: "register", register });
const is = (value: bigint) => ({ kind: "constant", value });

// Offsets of asm/ptrace.h: x86-64's rax is at 80, rbp at 32; s390x's r0 at 24. The forms are those of libbpf's usdt.c.
describe("parseUsdtArguments", () => {
  it.each([
    ["x64", "-4@%esi", -4, inside(104)],
    ["x64", "1@%cl", 1, inside(88)],
    ["x64", "2@%r8w", 2, inside(72)],
    ["x64", "8@%r15", 8, inside(0)],
    ["x64", "8@%rsp", 8, inside(152)],
    ["x64", "8@%rip", 8, inside(128)],
    ["x64", "-4@-20(%rbp)", -4, at(32, -20n)],
    ["x64", "8@(%rsp)", 8, at(152)],
    ["x64", "4@$71", 4, is(71n)],
    ["x64", "-8@$-9223372036854775808", -8, is(-(2n ** 63n))],
    ["x64", "8@$18446744073709551615", 8, is(2n ** 64n - 1n)],
    ["x64", " 4 @ -8 ( %rax ) ", 4, at(80, -8n)],
    ["x64", "1@-96(%rbp,%rax,8)", 1, { ...at(32, -96n), kind: "indexed", index: 80, shift: 3 }],
    ["x64", "1@(%rbp,%rax,4)", 1, { ...at(32), kind: "indexed", index: 80, shift: 2 }],
    ["x64", "1@-96(%rbp,%rax)", 1, { ...at(32, -96n), kind: "indexed", index: 80, shift: 0 }],
    ["x64", "1@(%rbp,%rax)", 1, { ...at(32), kind: "indexed", index: 80, shift: 0 }],
    ["arm64", "-4@[sp, 96]", -4, at(248, 96n)],
    ["arm64", "-4@[sp]", -4, at(248)],
    ["arm64", "8@[x30,-8]", 8, at(240, -8n)],
    ["arm64", "4@5", 4, is(5n)],
    ["arm64", "-8@x4", -8, inside(32)],
    ["s390x", "-2@-28(%r15)", -2, at(144, -28n)],
    ["s390x", "-8@%r0", -8, inside(24)],
    ["s390x", "4@71", 4, is(71n)],
    ["riscv64", "-8@-88(s0)", -8, at(64, -88n)],
    ["riscv64", "4@5", 4, is(5n)],
    ["riscv64", "-8@a1", -8, inside(88)],
  ] as const)("understands %s's %j", (machine, text, size, operand) => {
    const expected = { ...operand, size: Math.abs(size), signed: size < 0 };
    expect(parseUsdtArguments(text, machine, "p:n")).toEqual([expected]);
    expect(parseUsdtArguments(`${text}\t${text}`, machine, "p:n")).toEqual([expected, expected]);
  });

  it("finds none in an empty text", () => {
    expect(parseUsdtArguments(" ", "x64", "p:n")).toEqual([]);
  });

  it.each([
    ["x64", "4@%esi 8@foo(%rip)", '"8@foo(%rip)" is no place that core-gen knows, number 1 of "4@%esi 8@foo(%rip)"'],
    ["x64", "8@%xmm0", '"8@%xmm0" is no place that core-gen knows, number 0 of "8@%xmm0"'],
    ["x64", "8f@%xmm0", '"8f@%xmm0" is no place'],
    ["x64", "3@%eax", '"3@%eax" is 3 bytes long'],
    ["x64", "16@%eax", "is 16 bytes long"],
    ["x64", "4@$5x", '"4@$5x" is no place'],
    ["x64", "4@(%rbp,%rax,3)", "is no place"],
    ["x64", "8@$99999999999999999999999", "is no place"],
    ["x64", Array(13).fill("4@$1").join(" "), "programs can have 12 of them, and there are more"],
    ["arm64", "4@x31", '"4@x31" is no place'],
    ["arm64", "-4@[sp, 96", '"-4@[sp, 96" is no place'],
    ["s390x", "8@%r16", '"8@%r16" is no place'],
    ["riscv64", "8@q1", '"8@q1" is no place'],
  ] as const)("refuses %s's %j", (machine, text, message) => {
    expect(() => parseUsdtArguments(text, machine, "p:n")).toThrow(`reading the arguments of p:n: `);
    expect(() => parseUsdtArguments(text, machine, "p:n")).toThrow(message);
  });
});

function noteBytes(texts: string, { owner = "stapsdt\0", type = 3, sizes = 0, littleEndian = true } = {}): Uint8Array {
  const out = new ByteWriter(littleEndian);
  const align = (): void => {
    while (out.length % 4 !== 0) out.u8(0);
  };
  out.u32(owner.length);
  out.u32(24 + texts.length + sizes);
  out.u32(type);
  out.append(new TextEncoder().encode(owner));
  align();
  for (const address of [0x1234n, 0x2000n, 0x4030n]) out.u64(address);
  out.append(new TextEncoder().encode(texts));
  align();
  return out.finish();
}

const reader = (bytes: Uint8Array, littleEndian = true) =>
  new ByteReader(bytes, { what: "it", code: "bad-input", littleEndian });

describe("readUsdtNotes", () => {
  const note = { provider: "p", name: "n", location: 0x1234n, base: 0x2000n, semaphore: 0x4030n, args: "4@$1" };

  it.each([true, false])("reads notes, little-endian %s, and leaves out those of others", (littleEndian) => {
    const others = noteBytes("p\0n\0\0", { owner: "GNU\0", littleEndian });
    const bytes = [noteBytes("p\0n\x004@$1\0", { littleEndian }), others, noteBytes("q\0m\0:\0", { littleEndian })];
    const notes = readUsdtNotes(reader(Buffer.concat(bytes), littleEndian));
    expect(notes).toEqual([note, { ...note, provider: "q", name: "m", args: "" }]);
  });

  it.each([
    ["p\0n\x004@$1", "has no end"],
    ["p\0\0x\0", "has no name"],
    ["p\0n", "has no end"],
  ])("refuses %j", (texts, message) => {
    const bytes = noteBytes(texts);
    const cut = bytes.subarray(0, 12 + 8 + 24 + texts.length);
    expect(() => readUsdtNotes(reader(cut))).toThrow(message);
  });

  it("refuses a note whose texts are another's", () => {
    const bytes = Buffer.concat([noteBytes("p\0nnnn"), noteBytes("p\0n\0\0")]);
    expect(() => readUsdtNotes(reader(bytes))).toThrow("ends in the middle of its texts");
  });

  it("neither hangs nor throws anything else for damaged bytes", () => {
    const whole = Buffer.concat([noteBytes("p\0n\x004@$1\0"), noteBytes("provider\0name\x004@%eax 8@-16(%rbp)\0")]);
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from(whole.subarray(0, random(4) === 0 ? random(whole.length) : whole.length));
      for (let change = random(4); change >= 0; change--)
        if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      try {
        for (const { args } of readUsdtNotes(reader(bytes))) parseUsdtArguments(args, "x64", "p:n");
      } catch (error) {
        if (!isCoreGenError(error)) throw error;
      }
    }
  });

  it("reads hostile arguments in no time", () => {
    for (const machine of ["x64", "arm64", "s390x", "riscv64"] satisfies UsdtMachine[])
      for (const text of [
        "4@" + " ".repeat(4000) + "x",
        "4@(" + "%".repeat(4000),
        "4@[" + "x".repeat(4000),
        "9".repeat(4000),
      ])
        expect(() => parseUsdtArguments(text, machine, "p:n")).toThrow("is no place");
  });
});

describe("placeOf", () => {
  const segments = [
    { address: 0x1000n, size: 0x1000n, offset: 0x400n, executable: true },
    { address: 0x4000n, size: 0x1000n, offset: 0x3000n, executable: false },
  ];
  const note = { provider: "p", name: "n", location: 0x1234n, base: 0x2000n, semaphore: 0x4030n, args: "" };

  it("is where the code and the semaphore are in the file", () => {
    const place = { offset: 0x634n, semaphoreOffset: 0x3030n, address: 0x1234n };
    expect(placeOf(note, 0x2000n, segments, "it")).toEqual(place);
    expect(placeOf(note, undefined, segments, "it")).toEqual(place);
    expect(placeOf({ ...note, semaphore: 0n }, 0n, segments, "it")).toEqual({ ...place, semaphoreOffset: 0n });
  });

  it("follows what prelink has moved", () => {
    expect(placeOf(note, 0x2010n, segments, "it")).toMatchObject({ address: 0x1244n, semaphoreOffset: 0x3040n });
  });

  it.each([
    [{ location: 0x9000n }, "looking for it: 0x9000 is not in its code"],
    [{ location: 0x4000n }, "looking for it: 0x4000 is not in its code"],
    [{ semaphore: 0x1000n }, "looking for it: its semaphore at 0x1000 is not in its data"],
  ])("refuses what is in no such part: %o", (change, message) => {
    expect(() => placeOf({ ...note, ...change }, undefined, segments, "it")).toThrow(message);
  });
});

// Where usdt.bpf.h of libbpf 1.1 and of 1.8 has the fields: clang and gcc agree about the bit-fields, in both byte orders.
describe("encodeUsdtSpec", () => {
  const args = parseUsdtArguments("-4@-20(%rbp) 8@$-1", "x64", "p:n");
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

  it("writes what libbpf did up to 1.6", () => {
    const bytes = encodeUsdtSpec(args, 5n, 208, true);
    expect(hex(bytes?.subarray(0, 32))).toBe("ecffffffffffffff0200000020000120" + "ffffffffffffffff0000000000000000");
    expect(hex(bytes?.subarray(192))).toBe("05000000000000000200000000000000");
  });

  it("writes what is larger since 1.7", () => {
    const indexed = parseUsdtArguments("2@16(%rbp,%rax,8)", "x64", "p:n");
    expect(hex(encodeUsdtSpec(indexed, 5n, 304, true)?.subarray(0, 24))).toBe(
      "1000000000000000" + "0300" + "5030" + "0000" + "2000" + "0030" + "000000000000",
    );
    expect(hex(encodeUsdtSpec(indexed, 5n, 304, false)?.subarray(0, 24))).toBe(
      "0000000000000010" + "0000" + "0503" + "0300" + "0020" + "0030" + "000000000000",
    );
  });

  it("writes nothing where it can't", () => {
    expect(encodeUsdtSpec(args, 0n, 200, true)).toBeUndefined();
    expect(encodeUsdtSpec(parseUsdtArguments("2@(%rbp,%rax)", "x64", "p:n"), 0n, 208, true)).toBeUndefined();
  });
});
