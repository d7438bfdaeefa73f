import { describe, expect, it } from "vitest";

import { ByteWriter } from "../../src/btf/bytes.ts";
import { parseBtfExt, recordsBetween } from "../../src/btf/ext.ts";
import { CoreGenError } from "../../src/errors.ts";

interface Part {
  readonly recordSize: number;
  readonly sections: readonly (readonly [nameOffset: number, records: readonly (readonly number[])[]])[];
}

/** Writes .BTF.ext by hand; the words of a record that is longer than its fields are zero. */
function encode(
  parts: readonly (Part | undefined)[],
  options: { littleEndian?: boolean; headerLength?: number } = {},
): Uint8Array {
  const { littleEndian = true, headerLength = 32 } = options;
  const bodies = parts.map((part) => encodePart(part, littleEndian));
  const out = new ByteWriter(littleEndian);
  out.u16(0xeb9f);
  out.u8(1);
  out.u8(0);
  out.u32(headerLength);
  let offset = 0;
  for (const body of bodies) {
    if (out.length + 8 <= headerLength) {
      out.u32(offset);
      out.u32(body.length);
    }
    offset += body.length;
  }
  while (out.length < headerLength) out.u32(0);
  for (const body of bodies) out.append(body);
  return out.finish();
}

function encodePart(part: Part | undefined, littleEndian: boolean): Uint8Array {
  const out = new ByteWriter(littleEndian);
  if (part === undefined) return out.finish();
  out.u32(part.recordSize);
  for (const [nameOffset, records] of part.sections) {
    out.u32(nameOffset);
    out.u32(records.length);
    for (const record of records) {
      for (let word = 0; word < part.recordSize / 4; word++) out.u32(record[word] ?? 0);
    }
  }
  return out.finish();
}

const names = (offset: number): string => `section ${offset}`;
const full = (extra = 0): Part[] => [
  {
    recordSize: 8 + extra,
    sections: [
      [
        1,
        [
          [0, 10],
          [16, 11],
        ],
      ],
      [2, [[8, 12]]],
    ],
  },
  { recordSize: 16 + extra, sections: [[1, [[0, 100, 200, (7 << 10) | 3]]]] },
  {
    recordSize: 16 + extra,
    sections: [
      [
        2,
        [
          [24, 5, 300, 2],
          [32, 6, 301, 12],
        ],
      ],
    ],
  },
];
const decoded = {
  funcInfo: [
    {
      section: "section 1",
      records: [
        { insnOff: 0, typeId: 10 },
        { insnOff: 2, typeId: 11 },
      ],
    },
    { section: "section 2", records: [{ insnOff: 1, typeId: 12 }] },
  ],
  lineInfo: [{ section: "section 1", records: [{ insnOff: 0, fileNameOff: 100, lineOff: 200, lineCol: 7171 }] }],
  coreRelocations: [
    {
      section: "section 2",
      records: [
        { insnOff: 3, typeId: 5, accessOff: 300, kind: 2 },
        { insnOff: 4, typeId: 6, accessOff: 301, kind: 12 },
      ],
    },
  ],
};

describe(".BTF.ext", () => {
  it.each([
    ["little-endian", { littleEndian: true }, 0],
    ["big-endian", { littleEndian: false }, 0],
    ["with longer records", { littleEndian: true }, 8],
    ["with longer records, big-endian", { littleEndian: false }, 4],
    ["with a longer header", { headerLength: 48 }, 0],
  ])("is read: %s", (_, options, extra) => {
    expect(parseBtfExt(encode(full(extra), options), names)).toEqual(decoded);
  });

  it("may end its header before the CO-RE part, as old compilers do", () => {
    const bytes = encode(full().slice(0, 2), { headerLength: 24 });
    expect(parseBtfExt(bytes, names)).toEqual({ ...decoded, coreRelocations: [] });
  });

  it("may have empty parts", () => {
    expect(parseBtfExt(encode([undefined, undefined, undefined]), names)).toEqual({
      funcInfo: [],
      lineInfo: [],
      coreRelocations: [],
    });
  });

  const good = encode(full());
  const patched = (at: number, value: number): Uint8Array => {
    const copy = good.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "x: this is not .BTF.ext data (0 bytes without its magic number)"],
    ["another format", new Uint8Array(64), "x: this is not .BTF.ext data (64 bytes without its magic number)"],
    ["another version", patched(0, 0x0002_eb9f), "x: this is version 2 of the format, only version 1 is known"],
    ["a short header", patched(4, 16), "x: the header says it is 16 bytes long, the shortest one has 24"],
    [
      "a part that is cut off",
      patched(12, 4000),
      `x: 4000 bytes are needed at offset 32, but there are only ${good.length} bytes`,
    ],
    ["short records", patched(32, 4), "x: records of 4 bytes are too short, 8 are needed"],
    ["odd records", patched(32, 9), "x: records of 9 bytes are no whole words of 4"],
    ["a section without records", patched(40, 0), "x: the section at byte 36 has no records"],
    ["too many records", patched(40, 0xffff_ffff), "x: the 4294967295 records at byte 44 do not fit in their section"],
    [
      "a record inside an instruction",
      patched(52, 12),
      "x: the record at byte 52 is for byte 12 of the code, which is inside an instruction",
    ],
  ])("is refused: %s", (_, bytes, message) => {
    expect(() => parseBtfExt(bytes, names, "x")).toThrow(new CoreGenError("bad-btf", message));
  });
});

describe("recordsBetween", () => {
  const records = [0, 1, 1, 4, 7].map((insnOff, index) => ({ insnOff, index }));
  const sections = [
    { section: "a", records },
    { section: "b", records: [{ insnOff: 1, index: 99 }] },
  ];

  it.each([
    ["all", 0, 8, [0, 1, 2, 3, 4]],
    ["none after the last", 8, 100, []],
    ["from the first of equal ones", 1, 2, [1, 2]],
    ["up to, not including, the end", 2, 7, [3]],
    ["nothing between two", 5, 7, []],
    ["nothing in an empty range", 4, 4, []],
  ])("finds %s", (_, first, end, found) => {
    expect(recordsBetween(sections, "a", first, end).map(({ index }) => index)).toEqual(found);
  });

  it("finds those of the section only", () => {
    expect(recordsBetween(sections, "b", 0, 10)).toEqual([{ insnOff: 1, index: 99 }]);
    expect(recordsBetween(sections, "c", 0, 10)).toEqual([]);
  });
});
