import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Btf } from "../../../src/btf/btf.ts";
import { kinds, type BtfType } from "../../../src/btf/types.ts";
import { openObject } from "../../../src/object/open.ts";
import type { BtfFeature } from "../../../src/runtime/kernel/probe-btf.ts";
import { sanitizeBtf } from "../../../src/runtime/load/sanitize-btf.ts";
import { everyKind } from "./every-kind.ts";

const without = (...missing: BtfFeature[]): Btf =>
  Btf.parse(sanitizeBtf(everyKind(), (feature) => !missing.includes(feature)));

describe("sanitizeBtf", () => {
  it.each(["execsnoop", "opencount"])("leaves %s alone when the kernel can do everything", (name) => {
    const { btf } = openObject(readFileSync(`examples/${name}/${name}.bpf.o`));
    if (btf === undefined) throw new Error("no BTF");
    expect(sanitizeBtf(btf, () => true)).toEqual(btf.bytes);
  });

  it("does not change its input", () => {
    const btf = everyKind();
    const before = btf.bytes.slice();
    sanitizeBtf(btf, () => false);
    expect(btf.bytes).toEqual(before);
  });

  it("asks only about what is there", () => {
    const asked = new Set<BtfFeature>();
    const { btf } = openObject(readFileSync("examples/execsnoop/execsnoop.bpf.o"));
    if (btf === undefined) throw new Error("no BTF");
    sanitizeBtf(btf, (feature) => {
      asked.add(feature);
      return true;
    });
    expect([...asked].sort()).toEqual(["btf-datasec", "btf-enum64", "btf-func", "btf-func-global"]);
  });

  const byte = { kind: "int", name: "", size: 1, bits: 8, offset: 0, signed: false, char: false, bool: false };

  // bpf_object__sanitize_btf of libbpf, kind by kind.
  it.each<[BtfFeature, Record<number, Partial<BtfType>>]>([
    ["btf-float", { 2: { kind: "struct", name: "", size: 8, members: [] } }],
    ["btf-type-tag", { 3: { kind: "const", name: "", type: 1 } }],
    ["btf-decl-tag", { 10: { ...byte, kind: "int", name: "tag" } }],
    ["btf-func-global", { 8: { kind: "func", linkage: "static", type: 7 } }],
    ["btf-func", { 7: { kind: "enum", size: 4, values: [{ name: "x", value: 1 }] }, 8: { kind: "typedef", type: 7 } }],
    ["btf-datasec-question-mark", { 11: { kind: "datasec", name: ".data" }, 12: { kind: "datasec", name: "_.ops" } }],
    [
      "btf-datasec",
      {
        9: { ...byte, kind: "int", name: "v" },
        11: { kind: "struct", name: "_data", size: 4, members: [{ name: "v", type: 9, bitOffset: 0, bitSize: 0 }] },
        12: { kind: "struct", name: "__ops" },
      },
    ],
    [
      "btf-enum64",
      {
        5: { kind: "enum", signed: false, values: [{ name: "minus", value: 0xffff_ffff }] },
        6: {
          kind: "union",
          name: "big",
          size: 8,
          members: [
            { name: "first", type: 14, bitOffset: 0, bitSize: 0 },
            { name: "second", type: 14, bitOffset: 0, bitSize: 0 },
          ],
        },
        14: { ...byte, kind: "int" },
      },
    ],
  ])("replaces what a kernel without %s does not know, and nothing else", (feature, expected) => {
    const before = everyKind();
    const after = without(feature);
    for (let id = 1; id < after.typeCount; id++) {
      if (expected[id] === undefined) expect(after.type(id)).toEqual(before.type(id));
      else expect(after.type(id)).toMatchObject(expected[id] ?? {});
    }
    expect(after.typeCount).toBe(before.typeCount + (feature === "btf-enum64" ? 1 : 0));
  });

  it("leaves only the oldest kinds for a kernel that can do nothing", () => {
    const btf = Btf.parse(sanitizeBtf(everyKind(), () => false));
    const left = new Set(Array.from({ length: btf.typeCount - 1 }, (_, index) => btf.kind(index + 1)));
    expect([...left].sort()).toEqual(["const", "enum", "int", "ptr", "struct", "typedef", "union"]);
    expect(kinds.length).toBe(20);
  });

  it("drops the layout of the kinds, which came with a longer header", () => {
    const plain = everyKind().bytes;
    const header = new Uint32Array(plain.slice(0, 24).buffer);
    const typesLength = header[3] ?? 0;
    const longer = new Uint32Array([...header, typesLength, 4]);
    longer[1] = 32;
    longer[4] = typesLength + 4;
    const [types, strings] = [plain.subarray(24, 24 + typesLength), plain.subarray(24 + typesLength)];
    const withLayout = new Uint8Array([...new Uint8Array(longer.buffer), ...types, 0, 0, 0, 0, ...strings]);
    expect(sanitizeBtf(Btf.parse(withLayout), () => true)).toEqual(plain);
  });
});
