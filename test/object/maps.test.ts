import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { mapTypes } from "../../src/object/bpf-enums.ts";
import type { BpfObject, MapDef } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const read = (file: string): BpfObject =>
  openObject(readFileSync(join(import.meta.dirname, "../objects", file)), { what: file });

// libbpf creates the same maps of the same object: test/referee/instructions.test.ts.
describe.each(["maps.bpf.o", "maps.eb.bpf.o"])("%s", (file) => {
  const object = read(file);
  const map = (name: string): MapDef => object.maps.find((m) => m.name === name)!;
  const typeName = (id: number): string | undefined => object.btf?.name(id);
  const untouched = {
    flags: 0,
    mapExtra: 0n,
    numaNode: undefined,
    pinning: 0,
    keyTypeId: 0,
    valueTypeId: 0,
    inner: undefined,
    autocreate: true,
    data: undefined,
  };

  it("has a map with types and flags", () => {
    expect(map("typed")).toMatchObject({
      type: mapTypes.indexOf("hash"),
      keySize: 8,
      valueSize: 16,
      maxEntries: 1234,
      flags: 5,
      numaNode: 1,
      pinning: 0,
    });
    expect(typeName(map("typed").keyTypeId)).toBe("key");
    expect(typeName(map("typed").valueTypeId)).toBe("value_t");
    expect(object.btf?.type(map("typed").varTypeId)).toMatchObject({ kind: "var", name: "typed" });
  });

  it("has a map with sizes only, in another order", () => {
    expect(map("sized")).toMatchObject({
      ...untouched,
      type: mapTypes.indexOf("lru_hash"),
      keySize: 12,
      valueSize: 24,
      maxEntries: 1,
    });
  });

  it("has a map with types and sizes that agree", () => {
    const both = map("both_ways");
    expect([both.keySize, both.valueSize, typeName(both.keyTypeId), typeName(both.valueTypeId)]).toEqual([
      8,
      8,
      "key",
      "__u64",
    ]);
  });

  it("has maps with map_extra of both spellings", () => {
    expect(map("bloom")).toMatchObject({ keySize: 0, valueSize: 4, mapExtra: 3n });
    expect(map("extra").mapExtra).toBe(0x1234_5678_9abc_def0n);
  });

  it("has buffers as they are written; rounding is for the loader", () => {
    expect(map("ring")).toMatchObject({ ...untouched, keySize: 0, valueSize: 0, maxEntries: 4097 });
    expect(map("perf")).toMatchObject({ ...untouched, keySize: 4, valueSize: 4, maxEntries: 0 });
  });

  it("has a map of maps with their template, and one of programs", () => {
    expect(map("outer")).toMatchObject({ keySize: 4, valueSize: 4, maxEntries: 5 });
    expect(map("outer").inner).toMatchObject({
      name: "outer.inner",
      type: mapTypes.indexOf("array"),
      keySize: 4,
      valueSize: 16,
      maxEntries: 7,
      varTypeId: 0,
    });
    expect(map("jumps")).toMatchObject({ valueSize: 4, maxEntries: 2, inner: undefined });
  });

  it("has the sections of its global data as maps behind those, with what is in them", () => {
    const data = object.maps.flatMap((m) => (m.data === undefined ? [] : [m]));
    expect(object.maps.slice(-data.length)).toEqual(data);
    expect(
      data.map(({ name, flags, valueSize, data: section }) => [name, section!.ident, section!.kind, flags, valueSize]),
    ).toEqual([
      [".data", "data", "data", 0, 24],
      [".rodata", "rodata", "rodata", 0x80, 18],
      [".data.custom", "data_custom", "data", 0, 4],
      [".rodata.more.of.it", "rodata_more_of_it", "rodata", 0x80, 4],
      [".bss", "bss", "bss", 0, 808],
      [".bss.own", "bss_own", "bss", 0, 4],
    ]);
    for (const { data: section, valueSize } of data) expect(section!.contents).toHaveLength(valueSize);
    expect(map(".bss").data!.contents.every((byte) => byte === 0)).toBe(true);
    expect(Buffer.from(map(".data").data!.contents).toString("latin1")).toContain("text\0");
  });

  it("has its variables, with places and types; static and hidden ones are not exported", () => {
    const variables = object.maps.flatMap((m) => m.data?.variables ?? []).map((v) => [v.name, v.size, v.exported]);
    expect(variables).toEqual(
      expect.arrayContaining([
        ["data", 4, true],
        ["text", 5, true],
        ["zero", 4, true],
        ["zeros", 800, true],
        ["constant", 2, true],
        ["hidden_static", 4, false],
        ["hidden_global", 4, false],
        ["uses_all.inner_static", 4, false],
        ["custom", 4, true],
        ["custom_constant", 4, true],
        ["custom_zero", 4, true],
        ["uses_all.____fmt", 16, false],
      ]),
    );
    expect(variables).toHaveLength(12);
    const view = new DataView(map(".data").data!.contents.slice().buffer);
    const at = (name: string): number => map(".data").data!.variables.find((v) => v.name === name)!.offset;
    expect(view.getInt32(at("data"), object.littleEndian)).toBe(0x11223344);
    expect(view.getInt32(at("hidden_static"), object.littleEndian)).toBe(77);
    expect(view.getInt32(at("hidden_global"), object.littleEndian)).toBe(78);
  });

  it("has variables in the order of their places, which the compiler left open", () => {
    for (const { data } of object.maps) {
      const offsets = (data?.variables ?? []).map(({ offset }) => offset);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    }
  });
});

it("maps may be pinned by name", () => {
  expect(read("maps.pinned.bpf.o").maps.find(({ name }) => name === "typed")?.pinning).toBe(1);
});

/** An object with one map, or whatever `define` puts into `.maps`; the types are given by hand. */
function withMaps(define: (b: BtfBuilder) => number): Uint8Array {
  const btf = new BtfBuilder();
  const variable = define(btf);
  btf.add({ kind: "datasec", name: ".maps", sizeOrType: 8, vlen: 1, words: [variable, 0, 8] });
  const elf = new ElfBuilder();
  const section = elf.data(".maps", new Uint8Array(8));
  elf.symbol({ name: "m", section, type: 1, size: 8 });
  elf.data(".BTF", btf.build());
  return elf.build();
}

type Field = readonly [name: string, type: (b: BtfBuilder) => number];

/** `__uint(name, value)`. */
const uint = (name: string, value: number): Field => [
  name,
  (b) => b.refer("ptr", b.array(b.int("int", 4, { encoding: 1 }), value)),
];
/** `__type(name, T)`. */
const pointer = (name: string, to: (b: BtfBuilder) => number): Field => [name, (b) => b.refer("ptr", to(b))];
const int: Field[1] = (b) => b.int("int", 4);
const values = (to: (b: BtfBuilder) => number): Field => ["values", (b) => b.array(b.refer("ptr", to(b)), 0)];

function struct(b: BtfBuilder, fields: readonly Field[]): number {
  const members = fields.map(([name, type], index): [string, number, number] => [name, type(b), index * 64]);
  return b.composite("struct", "", fields.length * 8, members);
}

const mapOf =
  (...fields: readonly Field[]) =>
  (b: BtfBuilder): number =>
    b.add({ kind: "var", name: "m", sizeOrType: struct(b, fields), words: [1] });

const hash = uint("type", 1);

describe("a map that is wrong", () => {
  it.each<[string, (b: BtfBuilder) => number, string]>([
    ["without a type", mapOf(uint("max_entries", 1)), "has no type: write __uint(type, BPF_MAP_TYPE_…)"],
    ["with a field of one's own", mapOf(hash, uint("colour", 1)), 'has the unknown field "colour"'],
    ["with a field without a name", mapOf(hash, uint("", 1)), "has a field without a name"],
    ["with a field twice", mapOf(hash, hash), 'has two fields "type"'],
    [
      "with a plain number",
      mapOf(hash, ["max_entries", int]),
      'has a field "max_entries" that is of kind int and not a pointer',
    ],
    [
      "with a pointer",
      mapOf(hash, pointer("max_entries", int)),
      'has a field "max_entries" that was not written with __uint()',
    ],
    [
      "with a key that is no pointer",
      mapOf(hash, ["key", int]),
      'has a field "key" that is of kind int and not a pointer',
    ],
    [
      "with two key sizes",
      mapOf(hash, uint("key_size", 8), pointer("key", int)),
      "says twice how large a key is: 8 and 4 bytes",
    ],
    [
      "with two value sizes",
      mapOf(hash, pointer("value", int), uint("value_size", 8)),
      "says twice how large a value is: 4 and 8 bytes",
    ],
    [
      "with a value of unknown size",
      mapOf(
        hash,
        pointer("value", (b) => b.add({ kind: "fwd", name: "s" })),
      ),
      "has a value of a type without a size",
    ],
    ["with an unknown pinning", mapOf(hash, uint("pinning", 2)), "has the unknown pinning 2"],
    [
      "with a map_extra of two values",
      mapOf(hash, [
        "map_extra",
        (b) =>
          b.enumeration("", 4, false, [
            ["a", 1],
            ["b", 2],
          ]),
      ]),
      'has a field "map_extra" that was not written with __ulong()',
    ],
    [
      "with values that are no array",
      mapOf(uint("type", 13), ["values", int]),
      'has "values" that are of kind int and not an array',
    ],
    [
      "with values that are no pointers",
      mapOf(uint("type", 13), ["values", (b) => b.array(int(b), 0)]),
      'has "values" that are no pointers',
    ],
    ["of maps that are none", mapOf(uint("type", 13), values(int)), 'has "values" that are no maps'],
    ["of programs that are none", mapOf(uint("type", 3), values(int)), 'has "values" that are no functions'],
    [
      "with values, but of another kind",
      mapOf(
        hash,
        values((b) => struct(b, [hash])),
      ),
      'has "values", which only maps of maps and program arrays can have',
    ],
    [
      "of maps, with values of another size",
      mapOf(
        uint("type", 13),
        uint("value_size", 8),
        values((b) => struct(b, [hash])),
      ),
      "says twice how large a value is: 8 and 4 bytes",
    ],
    [
      "that is no struct",
      (b) => b.add({ kind: "var", name: "m", sizeOrType: int(b), words: [1] }),
      "is of kind int, a map is defined by a struct",
    ],
    ["that is no variable", (b) => b.composite("struct", "m", 8, []), "is of kind struct and not a variable"],
  ])("%s is refused", (_, define, problem) => {
    expect(thrownBy(() => openObject(withMaps(define), { what: "x.o" })).message).toBe(`x.o: the map m ${problem}`);
  });

  it.each<[string, Field, string]>([
    ["has maps of its own", values((b) => struct(b, [hash])), "has maps of its own: maps of maps of maps do not exist"],
    ["is pinned", uint("pinning", 1), "can't be pinned, being inside another map"],
  ])("inside another one, because it %s, is refused", (_, field, problem) => {
    const bytes = withMaps(
      mapOf(
        uint("type", 13),
        values((b) => struct(b, [uint("type", 12), field])),
      ),
    );
    expect(thrownBy(() => openObject(bytes, { what: "x.o" }))).toMatchObject({
      code: "bad-object",
      message: `x.o: the map m.inner ${problem}`,
    });
  });

  it("that is inside of itself is refused", () => {
    // The struct has the id 4, and its values are pointers to it.
    const bytes = withMaps((b) => {
      const type = uint("type", 13)[1](b);
      const self = b.array(b.refer("ptr", 6), 0);
      const map = b.composite("struct", "", 16, [
        ["type", type, 0],
        ["values", self, 64],
      ]);
      expect(map).toBe(6);
      return b.add({ kind: "var", name: "m", sizeOrType: map, words: [1] });
    });
    expect(thrownBy(() => openObject(bytes)).message).toBe(
      "the object: the map m.inner has maps of its own: maps of maps of maps do not exist",
    );
  });

  it("of the old kind is refused, with what to write instead", () => {
    const elf = new ElfBuilder();
    elf.data("maps", new Uint8Array(20));
    const error = thrownBy(() => openObject(elf.build(), { what: "x.o" }));
    expect(error).toMatchObject({
      code: "bad-object",
      message: 'x.o: its maps are of the old kind (struct bpf_map_def in section "maps")',
    });
    expect(error.hints[0]).toContain("__uint()");
  });

  it("has no BTF", () => {
    const elf = new ElfBuilder();
    elf.data(".maps", new Uint8Array(8));
    expect(thrownBy(() => openObject(elf.build(), { what: "x.o" }))).toMatchObject({
      code: "bad-object",
      message: "x.o: it has maps, but no BTF that describes them",
      hints: ["Compile with `clang -g`."],
    });
  });
});
