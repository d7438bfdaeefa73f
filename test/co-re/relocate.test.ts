import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { relocate, type Relocated } from "../../src/co-re/relocate.ts";
import { encodeInsns } from "../../src/object/insn/insn.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { relocatableObject, type RawLine } from "../support/relocatable.ts";
import { thrownBy } from "../support/thrown.ts";

type Build = (b: BtfBuilder) => void;
type Member = readonly [name: string, type: (b: BtfBuilder) => number, bitOffset: number, bitSize?: number];

const unsigned =
  (size: number) =>
  (b: BtfBuilder): number =>
    b.int(`u${size * 8}`, size);
const signed =
  (size: number) =>
  (b: BtfBuilder): number =>
    b.int(`s${size * 8}`, size, { encoding: 1 });
const pointer = (b: BtfBuilder): number => b.refer("ptr", 0);
const array =
  (of: (b: BtfBuilder) => number, count: number) =>
  (b: BtfBuilder): number =>
    b.array(of(b), count);

/** `struct name { … }` with a size that is large enough for all tests. */
const struct =
  (name: string, ...members: readonly Member[]): Build =>
  (b) => {
    const list = members.map(([member, type, at, bits]) =>
      bits === undefined ? ([member, type(b), at] as const) : ([member, type(b), at, bits] as const),
    );
    b.composite("struct", name, 64, list);
  };

interface Options {
  readonly littleEndian?: boolean;
  readonly kind?: number;
  readonly access?: string;
  readonly lines?: readonly RawLine[];
  readonly keepGoing?: boolean;
}

const EXIT = 0x95n;
/** `r1 = imm` and `r1 = *(uN *)(r2 + off)`. */
const mov = (imm: number): bigint => 0x1b7n | (BigInt.asUintN(32, BigInt(imm)) << 32n);
const load = (size: 1 | 2 | 4 | 8, off: number): bigint =>
  ({ 1: 0x2171n, 2: 0x2169n, 4: 0x2161n, 8: 0x2179n })[size] | (BigInt(off) << 16n);

/** Relocates the first of some instructions. The local type is the last one that `local` makes. */
function run(local: Build, target: readonly Build[], insns: readonly bigint[], options: Options = {}): Relocated {
  const { littleEndian = true, kind = 0, access = "0:0", lines = [], keepGoing = false } = options;
  const object = new BtfBuilder({ littleEndian });
  local(object);
  const type = Btf.parse(object.build()).typeCount - 1;
  const kernel = new BtfBuilder({ littleEndian });
  for (const build of target) build(kernel);
  const bytes = relocatableObject(object, [...insns, EXIT], [{ insn: 0, type, access, kind }], lines);
  return relocate(openObject(bytes, { what: "x.o" }), { vmlinux: Btf.parse(kernel.build()) }, { keepGoing });
}

/** The instructions as little-endian numbers, without the exit. */
function insnsOf({ code }: Relocated): bigint[] {
  const [insns = []] = code.values();
  const bytes = encodeInsns(insns.slice(0, -1), true);
  return [...new BigUint64Array(bytes.slice().buffer)];
}

const POISON = 0x0bad2310_00000085n;
const local = struct("task", ["pid", unsigned(4), 64]);

// That libbpf comes to the same is seen in test/referee/core-reloc*.test.ts; here are the rules one by one.
describe("a field", () => {
  it("that has moved is read where it is now", () => {
    const kernel = struct("task", ["state", unsigned(8), 0], ["pid", unsigned(4), 192]);
    const relocated = run(local, [kernel], [load(4, 8)]);
    expect(insnsOf(relocated)).toEqual([load(4, 24)]);
    expect(relocated.entries).toMatchObject([
      { kind: "byte_off", insn: 0, field: "task.pid", oldValue: 8n, newValue: 24n, source: undefined },
    ]);
    expect(relocated.entries[0]?.candidates).toHaveLength(1);
    expect(relocated.entries[0]?.target?.bitOffset).toBe(192);
  });

  it("that has become larger or smaller is read with its new size, when it is unsigned or a pointer", () => {
    const kernel = (size: number): Build => struct("task", ["pid", unsigned(size), 64]);
    expect(insnsOf(run(local, [kernel(8)], [load(4, 8)]))).toEqual([load(8, 8)]);
    expect(insnsOf(run(local, [kernel(2)], [load(4, 8)]))).toEqual([load(2, 8)]);
    expect(insnsOf(run(local, [kernel(1)], [load(4, 8)]))).toEqual([load(1, 8)]);
  });

  it.each<[string, (b: BtfBuilder) => number]>([
    ["a signed integer", signed(8)],
    ["of another kind", pointer],
    ["a bit-field", unsigned(4)],
  ])("that has become %s of another size is poisoned", (name, type) => {
    const kernel = name === "a bit-field" ? struct("task", ["pid", type, 64, 5]) : struct("task", ["pid", type, 64]);
    const relocated = run(local, [kernel], [load(4, 8)]);
    expect(insnsOf(relocated)).toEqual([POISON]);
    expect(relocated.entries[0]?.newValue).toBeUndefined();
  });

  it("that does not exist is poisoned", () => {
    const relocated = run(local, [struct("task", ["tgid", unsigned(4), 64])], [load(4, 8)]);
    expect(insnsOf(relocated)).toEqual([POISON]);
    expect(relocated.entries).toMatchObject([{ field: "task.pid", newValue: undefined, target: undefined }]);
    expect(relocated.entries[0]?.candidates).toHaveLength(1);
  });

  it("of a type that does not exist is poisoned, both halves of a 64-bit load", () => {
    const relocated = run(local, [struct("other")], [0x8_0000_0118n, 0n]);
    expect(insnsOf(relocated)).toEqual([POISON, POISON]);
    expect(relocated.entries[0]?.candidates).toEqual([]);
  });

  it("is found in anonymous structs and unions, and in a union that was a struct", () => {
    const kernel: Build = (b) => {
      const deep = b.composite("union", "", 8, [["pid", b.int("u32", 4), 32]]);
      const middle = b.composite("struct", "", 16, [
        ["other", b.int("u64", 8), 0],
        ["", deep, 64],
      ]);
      b.composite("union", "task", 16, [["", middle, 0]]);
    };
    // The root's kind must be the same; inside, structs and unions may be exchanged.
    expect(insnsOf(run(local, [kernel], [load(4, 8)]))).toEqual([POISON]);
    const wrapped: Build = (b) => {
      const pid = b.int("u32", 4);
      b.composite("struct", "task", 64, [
        ["", b.composite("union", "", 8, [["", b.composite("struct", "", 8, [["pid", pid, 32]]), 0]]), 64],
      ]);
    };
    expect(insnsOf(run(local, [wrapped], [load(4, 8)]))).toEqual([load(4, 12)]);
  });

  it("is found in the type of another flavour, both ways", () => {
    const flavoured = struct("task___mine", ["pid", unsigned(4), 64]);
    expect(insnsOf(run(flavoured, [struct("task", ["pid", unsigned(4), 128])], [load(4, 8)]))).toEqual([load(4, 16)]);
    expect(insnsOf(run(local, [struct("task___old", ["pid", unsigned(4), 128])], [load(4, 8)]))).toEqual([load(4, 16)]);
  });

  it("of several types that agree is no question", () => {
    const kernel = [1, 2].map((n) => struct(n === 1 ? "task" : "task___2", ["pid", unsigned(4), 128]));
    const relocated = run(local, [...kernel, struct("task___3", ["else", unsigned(4), 0])], [load(4, 8)]);
    expect(insnsOf(relocated)).toEqual([load(4, 16)]);
    expect(relocated.entries[0]?.candidates).toHaveLength(3);
  });

  it("of several types that disagree is refused", () => {
    const kernel = [64, 128].map((at) => struct(`task___${at}`, ["pid", unsigned(4), at]));
    expect(thrownBy(() => run(local, kernel, [load(4, 8)]))).toMatchObject({
      code: "relocation",
      message:
        "x.o: applying the byte_off relocation of instruction 0 of p, type task: " +
        "the kernel has several types task___64.pid that disagree: [2] says 8, [4] says 16",
    });
  });

  it("that is an element of an array is read by the element's size", () => {
    const names = struct("task", ["names", array(unsigned(2), 8), 32]);
    const kernel = struct("task", ["names", array(unsigned(2), 16), 64]);
    expect(insnsOf(run(names, [kernel], [load(2, 10)], { access: "0:0:3" }))).toEqual([load(2, 14)]);
    const short = struct("task", ["names", array(unsigned(2), 3), 64]);
    expect(insnsOf(run(names, [short], [load(2, 10)], { access: "0:0:3" }))).toEqual([POISON]);
  });

  it("of a circle of anonymous structs is looked for once in each", () => {
    // 2^30 ways through 30 levels, each of which has the next one twice.
    const kernel: Build = (b) => {
      let inside = b.composite("struct", "", 0, []);
      for (let level = 0; level < 30; level++)
        inside = b.composite("struct", level === 29 ? "task" : "", 0, [
          ["", inside, 0],
          ["", inside, 0],
        ]);
    };
    expect(insnsOf(run(local, [kernel], [load(4, 8)]))).toEqual([POISON]);
  });
});

describe("what is asked about a field", () => {
  const kernel = struct("task", ["pid", signed(2), 80], ["state", signed(1), 0]);
  it.each([
    ["field_exists", 2, 1, 1],
    ["byte_sz", 1, 4, 2],
    ["byte_off", 0, 8, 10],
    ["signed", 3, 0, 1],
    ["lshift_u64", 4, 32, 48],
    ["rshift_u64", 5, 32, 48],
  ])("%s", (name, kind, before, after) => {
    const relocated = run(local, [kernel], [mov(before)], { kind });
    expect(insnsOf(relocated)).toEqual([mov(after)]);
    expect(relocated.entries).toMatchObject([{ kind: name, oldValue: BigInt(before), newValue: BigInt(after) }]);
  });

  it("field_exists is 0, not poison, when there is none", () => {
    expect(insnsOf(run(local, [struct("task")], [mov(1)], { kind: 2 }))).toEqual([mov(0)]);
    expect(insnsOf(run(local, [], [mov(1)], { kind: 2 }))).toEqual([mov(0)]);
    expect(insnsOf(run(local, [struct("task", ["pid", pointer, 0])], [mov(1)], { kind: 2 }))).toEqual([mov(0)]);
  });

  it.each([4, 5])("a shift (kind %i) of more than 8 bytes is negative, in 32 bits", (kind) => {
    const wide = struct("task", ["name", array(unsigned(1), 16), 64]);
    const wider = struct("task", ["name", array(unsigned(1), 32), 64]);
    const loads = [-64, -192].map((shift) => [0x118n | (BigInt.asUintN(32, BigInt(shift)) << 32n), 0n]);
    expect(insnsOf(run(wide, [wider], loads[0]!, { kind }))).toEqual(loads[1]);
  });

  it("may be in a 64-bit load", () => {
    expect(insnsOf(run(local, [kernel], [0x8_0000_0118n, 0n]))).toEqual([0xa_0000_0118n, 0n]);
  });
});

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("a bit-field of a %s kernel", (_, littleEndian) => {
  // Ten bits at bit 68: bits 4 to 13 of bytes 8 to 11, counted from the end that the byte order says.
  const bits = struct("task", ["flags", unsigned(4), 68, 10]);
  const kernel = struct("task", ["flags", unsigned(4), 133, 12]);

  it.each([
    ["byte_off", 0, 8, 16],
    ["byte_sz", 1, 4, 4],
    ["signed", 3, 0, 0],
    ["lshift_u64", 4, littleEndian ? 64 - 14 : 32 + 4, littleEndian ? 64 - 17 : 32 + 5],
    ["rshift_u64", 5, 54, 52],
  ])("%s", (_name, kind, before, after) => {
    expect(insnsOf(run(bits, [kernel], [mov(before)], { kind, littleEndian }))).toEqual([mov(after)]);
  });

  it("that crosses its type's boundary is read with the next larger load", () => {
    const crossing = struct("task", ["flags", unsigned(4), 92, 10]);
    expect(insnsOf(run(bits, [crossing], [mov(8)], { littleEndian }))).toEqual([mov(8)]);
    expect(insnsOf(run(bits, [crossing], [mov(4)], { kind: 1, littleEndian }))).toEqual([mov(8)]);
  });
});

describe("what can't be relocated is refused", () => {
  const kernel = struct("task", ["pid", unsigned(4), 64]);
  const where = (kind: string): string => `x.o: applying the ${kind} relocation of instruction 0 of p, type task:`;

  it.each<[string, () => unknown, string]>([
    [
      "an access string that is none",
      () => run(local, [kernel], [mov(8)], { access: "0:x" }),
      `${where("byte_off")} "0:x" is not a list of numbers with colons between them`,
    ],
    [
      "a member that is not there",
      () => run(local, [kernel], [mov(8)], { access: "0:1" }),
      `${where("byte_off")} struct task [2] has no member 1`,
    ],
    [
      "a kind that nobody knows",
      () => run(local, [kernel], [mov(8)], { kind: 13 }),
      `${where("unknown")} its kind 13 is unknown`,
    ],
    [
      "a type without a name",
      () => run(struct("", ["pid", unsigned(4), 64]), [kernel], [mov(8)]),
      "x.o: applying the byte_off relocation of instruction 0 of p, type [2]: the type it begins at has no name",
    ],
    [
      "the sign of a whole element",
      () => run(local, [kernel], [mov(0)], { kind: 3, access: "0" }),
      `${where("signed")} the relocation signed can't be applied to an array element`,
    ],
    [
      "another value than the types say",
      () => run(local, [kernel], [mov(-7)]),
      `${where("byte_off")} instruction 0 holds -7, but the object's own types say 8 (to become 8)`,
    ],
    [
      "another offset than the types say",
      () => run(local, [kernel], [load(4, 12)]),
      `${where("byte_off")} instruction 0 holds 12, but the object's own types say 8 (to become 8)`,
    ],
    [
      "another 64-bit value than the types say",
      () => run(local, [kernel], [0x8_0000_0118n, 1n << 32n]),
      `${where("byte_off")} instruction 0 holds 4294967304, but the object's own types say 8 (to become 8)`,
    ],
    [
      "a load of another size",
      () => run(local, [struct("task", ["pid", unsigned(8), 64])], [load(2, 8)]),
      `${where("byte_off")} instruction 0 moves 2 bytes, but the field has 4`,
    ],
    [
      "a field of a size that is none",
      () => run(local, [struct("task", ["pid", unsigned(3), 64])], [load(4, 8)]),
      `${where("byte_off")} no instruction moves the 3 bytes of the kernel's field`,
    ],
    [
      "an offset that is too large",
      () => run(local, [struct("task", ["pid", unsigned(4), 8 * 32768])], [load(4, 8)]),
      `${where("byte_off")} the offset 32768 is too large for instruction 0`,
    ],
    [
      "an instruction without a value",
      () => run(local, [kernel], [0x12bfn]),
      `${where("byte_off")} instruction 0 has no immediate to relocate`,
    ],
    [
      "a jump",
      () => run(local, [kernel], [0x0105n]),
      `${where("byte_off")} instruction 0 (code 0x5) is of a kind that can't be relocated`,
    ],
    [
      "half a 64-bit load",
      () => run(local, [kernel], [0x8_0000_0118n]),
      `${where("byte_off")} instruction 0 is not a well-formed load of a 64-bit immediate`,
    ],
    [
      "a bit-field that is too wide",
      () => run(struct("task", ["pid", unsigned(8), 3, 64]), [kernel], [mov(0)]),
      `${where("byte_off")} the bit-field can't be read with one load of 8 bytes`,
    ],
  ])("%s", (_, relocated, message) => {
    expect(thrownBy(relocated)).toMatchObject({ code: "relocation", message });
  });
});

describe("where a relocation comes from", () => {
  const lines = [
    { insn: 0, line: 12, text: "  pid = BPF_CORE_READ(task, pid);" },
    { insn: 1, line: 13, text: "return 0;" },
  ];

  it("is told with it", () => {
    const { entries } = run(local, [], [load(4, 8)], { lines });
    expect(entries[0]?.source).toEqual({ file: "p.bpf.c", line: 12, text: "pid = BPF_CORE_READ(task, pid);" });
    // As a property of its own, for those who print or copy it.
    expect(Object.keys(entries[0]!)).toContain("source");
  });

  it("is told with a failure, where relocating goes on", () => {
    const failures = run(local, [], [mov(7)], { lines, kind: 2, keepGoing: true }).failures;
    expect(failures).toMatchObject([{ field: "task.pid", source: { file: "p.bpf.c", line: 12 } }]);
  });

  it("is told with an error", () => {
    expect(thrownBy(() => run(local, [], [mov(7)], { lines, kind: 2 })).message).toMatch(
      /^x\.o: applying the field_exists relocation of instruction 0 of p \(p\.bpf\.c:12\), type task: /u,
    );
  });
});

describe("relocate", () => {
  it("changes copies", () => {
    const b = new BtfBuilder();
    local(b);
    const object = openObject(relocatableObject(b, [load(4, 8), EXIT], [{ insn: 0, type: 2, access: "0:0", kind: 0 }]));
    const { code } = relocate(object, { vmlinux: Btf.parse(new BtfBuilder().build()) });
    expect(object.programs[0]?.insns[0]).toEqual({ code: 0x61, dst: 1, src: 2, off: 8, imm: 0 });
    expect(code.get(object.programs[0]!)?.[0]).toMatchObject({ code: 0x85, imm: 0xbad2310 });
  });

  it("poisons half a 64-bit load at a function's end without making the function longer", () => {
    const b = new BtfBuilder();
    local(b);
    const object = openObject(relocatableObject(b, [EXIT, 0x118n], [{ insn: 1, type: 2, access: "0:0", kind: 0 }]));
    const { code } = relocate(object, { vmlinux: Btf.parse(new BtfBuilder().build()) });
    expect(code.get(object.programs[0]!)?.map((insn) => insn.imm)).toEqual([0, 0xbad2310]);
  });

  it("leaves functions alone that will not be loaded, and records that belong to none", () => {
    const b = new BtfBuilder();
    local(b);
    const wrong = { type: 2, access: "no access", kind: 99 };
    const object = openObject(relocatableObject(b, [EXIT], [{ insn: 1, ...wrong }]));
    const vmlinux = Btf.parse(new BtfBuilder().build());
    expect(relocate(object, { vmlinux }).entries).toEqual([]);
    const other = openObject(relocatableObject(b, [EXIT], [{ insn: 0, ...wrong }]));
    expect(relocate(other, { vmlinux }, { functions: [] })).toEqual({ code: new Map(), entries: [], failures: [] });
    expect(thrownBy(() => relocate(other, { vmlinux })).code).toBe("relocation");
  });
});
