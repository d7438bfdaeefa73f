import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { mapTypes } from "../../src/object/bpf-enums.ts";
import type { BpfObject, MapDef } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const read = (path: string): BpfObject => openObject(readFileSync(new URL(`../${path}`, import.meta.url)));
const structOps = (object: BpfObject): MapDef[] =>
  object.maps.filter(({ type }) => type === mapTypes.indexOf("struct_ops"));

// libbpf makes the same maps of the same objects: test/referee/struct-ops.test.ts.
describe("the maps of struct_ops", () => {
  const object = read("objects/struct-ops.stripped.bpf.o");
  const map = (name: string): MapDef => object.maps.find((one) => one.name === name)!;

  it("come after all others, in the order of sections and places", () => {
    expect(object.maps.map(({ name }) => name)).toEqual([".bss", "first", "second", "linked", "optional"]);
    expect(structOps(object)).toHaveLength(4);
  });

  it("have links in .struct_ops.link, and are optional behind a question mark", () => {
    const facts = structOps(object).map(({ name, flags, autocreate }) => [name, flags, autocreate]);
    expect(facts).toEqual([
      ["first", 0, true],
      ["second", 0, true],
      ["linked", 0x2000, true],
      ["optional", 0, false],
    ]);
  });

  it("know their struct, their values and the programs that are their functions", () => {
    const { structOps: definition, keySize, valueSize, maxEntries } = map("first");
    expect([keySize, valueSize, maxEntries]).toEqual([4, 88, 1]);
    expect(object.btf?.name(definition?.typeId ?? 0)).toBe("tcp_congestion_ops");
    expect([...(definition?.functions ?? [])]).toEqual([[0, "ssthresh"], [1, "cong_avoid"], [2, "undo_cwnd"], [3, "init"]]); // prettier-ignore
    const bytes = Buffer.from(definition?.contents ?? []);
    expect(bytes.subarray(0, 40)).toEqual(Buffer.alloc(40));
    expect([bytes.readUInt32LE(40), bytes.readUInt32LE(44)]).toEqual([0x12345678, 2]);
    expect(bytes.toString("latin1", 48, 64).replaceAll("\0", "")).toBe("sops_first");
    expect([...(map("second").structOps?.functions.values() ?? [])]).toEqual(["ssthresh", "cong_avoid", "undo_cwnd"]);
    expect([...(map("optional").structOps?.functions ?? [])]).toEqual([[0, "ssthresh"], [4, "release"]]); // prettier-ignore
  });
});

interface Parts {
  readonly structName?: string;
  readonly kind?: "struct" | "union";
  readonly structSize?: number;
  readonly relocations?: readonly (readonly [offset: number, symbol: "p" | "q" | "text" | "absolute" | "middle"])[];
  readonly withDatasec?: boolean;
  readonly section?: string;
}

/** An object with `struct ops { int (*f)(void); int n; int m; } it`, and programs p of struct_ops and q of another kind. */
function objectWith({ structName = "ops", kind = "struct", structSize = 16, ...rest }: Parts): Uint8Array {
  const { relocations = [], withDatasec = true, section = ".struct_ops" } = rest;
  const b = new BtfBuilder();
  const int = b.int("int", 4, { encoding: 1 });
  const proto = b.add({ kind: "func_proto", sizeOrType: int });
  const pointer = b.refer("ptr", proto);
  const members = [["f", pointer, 0], ["n", int, 64], ["m", int, 96]] as const; // prettier-ignore
  const struct = b.composite(kind, structName, structSize, members);
  const variable = b.add({ kind: "var", name: "it", sizeOrType: struct, words: [1] });
  if (withDatasec) b.add({ kind: "datasec", name: section, vlen: 1, sizeOrType: 16, words: [variable, 0, structSize] });
  const elf = new ElfBuilder();
  const exit = [0xb7n, 0x95n];
  const [code, other] = [elf.code("struct_ops/p", exit), elf.code("socket", exit)];
  const data = elf.data(section, new Uint8Array(16));
  const symbols = {
    p: elf.symbol({ name: "p", section: code, type: 2, size: 16 }),
    q: elf.symbol({ name: "q", section: other, type: 2, size: 16 }),
    text: elf.symbol({ name: "text", section: data, type: 1, size: 16 }),
    absolute: elf.symbol({ name: "absolute", section: 0xfff1 }),
    middle: elf.symbol({ name: "", section: code, value: 4, binding: 0 }),
  };
  elf.symbol({ name: "it", section: data, type: 1, size: structSize });
  elf.relocations(
    data,
    relocations.map(([offset, symbol]) => [offset, symbols[symbol]]),
  );
  elf.section({ name: ".BTF", data: b.build() });
  return elf.build();
}

describe("a map of struct_ops", () => {
  it("has the program that its member is relocated against", () => {
    const [map] = structOps(openObject(objectWith({ relocations: [[0, "p"]] })));
    expect([...(map?.structOps?.functions ?? [])]).toEqual([[0, "p"]]);
  });

  it("may be optional and have a link", () => {
    const [map] = structOps(openObject(objectWith({ section: "?.struct_ops.link" })));
    expect([map?.autocreate, map?.flags]).toEqual([false, 0x2000]);
  });

  it.each<[string, Parts, string]>([
    ["without a DATASEC", { withDatasec: false }, "x.o: it has a section .struct_ops, but no BTF that describes it"],
    ["without a name of its struct", { structName: "" }, "x.o, section .struct_ops: it is an unnamed struct, and has to be a struct of the kernel's"],
    ["that is a union", { kind: "union" }, "x.o, section .struct_ops: it is of kind union, and has to be a struct of the kernel's"],
    ["that is larger than its section", { structSize: 24 }, "x.o, section .struct_ops: it ends after its section (16 bytes)"],
    ["with a program of another kind", { relocations: [[0, "q"]] }, 'x.o, section .struct_ops: it.f is the program "q", which is in SEC("socket")'],
    ["with the address of data", { relocations: [[0, "text"]] }, 'x.o, section .struct_ops: the relocation at byte 0 against "text" is no program, and it.f needs one'],
    ["with an absolute symbol", { relocations: [[0, "absolute"]] }, 'x.o, section .struct_ops: the relocation at byte 0 against "absolute" is no program, and it.f needs one'],
    ["with half an instruction", { relocations: [[0, "middle"]] }, "x.o, section .struct_ops: the relocation at byte 0 against an unnamed symbol is no program, and it.f needs one"],
    ["with a program where a number is", { relocations: [[8, "p"]] }, 'x.o, section .struct_ops: it.n is initialised with the address of "p", and is no pointer to a function'],
    ["with a program inside a member", { relocations: [[4, "p"]] }, 'x.o, section .struct_ops: the relocation at byte 4 against "p" is inside a member of it'],
    ["with a program outside", { structSize: 16, relocations: [[16, "p"]] }, 'x.o, section .struct_ops: the relocation at byte 16 against "p" is outside of its variables'],
  ])("%s is refused", (_, parts, message) => {
    expect(thrownBy(() => openObject(objectWith(parts), { what: "x.o" }))).toMatchObject({ code: "bad-object", message });
  }); // prettier-ignore

  it("that a program refers to is refused, as by libbpf", () => {
    const elf = new ElfBuilder();
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const struct = b.composite("struct", "ops", 4, [["n", int, 0]]);
    const variable = b.add({ kind: "var", name: "it", sizeOrType: struct, words: [1] });
    b.add({ kind: "datasec", name: ".struct_ops", vlen: 1, sizeOrType: 4, words: [variable, 0, 4] });
    const code = elf.code("socket", [0x18n, 0n, 0x95n]);
    const data = elf.data(".struct_ops", new Uint8Array(4));
    elf.symbol({ name: "p", section: code, type: 2, size: 24 });
    elf.relocations(code, [[0, elf.symbol({ name: "it", section: data, type: 1, size: 4 })]]);
    elf.section({ name: ".BTF", data: b.build() });
    const { message } = thrownBy(() => openObject(elf.build(), { what: "x.o" }));
    expect(message).toBe(
      'x.o, section socket: the relocation at byte 0 against "it" is against something that is no map, no global data and no function',
    );
  });
});
