import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { ElfBuilder } from "../support/elf-builder.ts";
import { survives } from "../support/survives.ts";

/*
 * Files of a megabyte that would take minutes, or all memory, if work were not kept in proportion to the file.
 */
const LONG = "x".repeat(500_000);
const MANY = 20_000;

/** A busy machine may take longer than usual, but not for ever. */
const endsSoon = (run: () => unknown): boolean => survives(run, 4000);

function objectWith(fill: (elf: ElfBuilder, btf: BtfBuilder) => void): Uint8Array {
  const elf = new ElfBuilder();
  const btf = new BtfBuilder();
  fill(elf, btf);
  elf.data(".BTF", btf.build());
  return elf.build();
}

describe("a small file does not take long", () => {
  it("when all of its symbols have the same endless name", () => {
    const elf = new ElfBuilder();
    elf.symbol({ name: LONG, section: 0 });
    for (let index = 0; index < MANY; index++) elf.symbol({ name: "", section: 0 });
    const bytes = elf.build();
    const symbols = Number(new DataView(bytes.buffer).getBigUint64(40, true)) + 64 + 24;
    const table = Number(new DataView(bytes.buffer).getBigUint64(symbols, true));
    for (let index = 1; index < MANY; index++) new DataView(bytes.buffer).setUint32(table + index * 24, index, true);
    expect(endsSoon(() => openObject(bytes))).toBe(true);
  });

  it("when all of its types have the same endless name", () => {
    const b = new BtfBuilder();
    b.add({ kind: "func_proto" });
    for (let index = 0; index < MANY; index++) b.add({ kind: "func", name: LONG, sizeOrType: 1, vlen: 1 });
    const bytes = b.build();
    expect(endsSoon(() => Btf.parse(bytes).find("main", "func"))).toBe(true);
    expect(endsSoon(() => [...Btf.parse(bytes).ownEssential(LONG)])).toBe(true);
    const object = objectWith((elf, btf) => {
      btf.add({ kind: "func_proto" });
      for (let index = 0; index < MANY; index++) btf.add({ kind: "func", name: LONG, sizeOrType: 1, vlen: 1 });
      elf.data("license", "GPL");
    });
    expect(endsSoon(() => openObject(object))).toBe(true);
  });

  it("when all of its sections are the same bytes", () => {
    const elf = new ElfBuilder();
    const code = elf.code(
      "xdp",
      Array.from({ length: 50_000 }, () => 0x95n),
    );
    for (let index = 0; index < 5000; index++) elf.code("xdp", []);
    const bytes = elf.build();
    const view = new DataView(bytes.buffer);
    const headers = Number(view.getBigUint64(40, true));
    const first = bytes.slice(headers + code * 64, headers + code * 64 + 64);
    for (let index = 2; index < 5002; index++) bytes.set(first, headers + index * 64);
    expect(endsSoon(() => openObject(bytes))).toBe(true);
  });

  it("when all of its functions are the same code", () => {
    const elf = new ElfBuilder();
    const section = elf.code(
      "xdp",
      Array.from({ length: 50_000 }, () => 0x95n),
    );
    for (let index = 0; index < MANY; index++) elf.symbol({ name: "p", section, type: 2, size: 400_000 });
    expect(endsSoon(() => openObject(elf.build()))).toBe(true);
  });

  it("when its maps have thousands of fields each", () => {
    const object = objectWith((elf, btf) => {
      const type = btf.refer("ptr", btf.array(btf.int("int", 4), 1));
      const fields = Array.from({ length: MANY }, () => ["type", type, 0] as const);
      const map = btf.composite("struct", "", 8, fields);
      const variable = btf.add({ kind: "var", name: "m", sizeOrType: map, words: [1] });
      const words = Array.from({ length: MANY }, () => [variable, 0, 8]).flat();
      btf.add({ kind: "datasec", name: ".maps", sizeOrType: 8, vlen: MANY, words });
      elf.symbol({ name: "m", section: elf.data(".maps", new Uint8Array(8)), type: 1 });
    });
    expect(endsSoon(() => openObject(object))).toBe(true);
  });

  it("when its data is larger than all memory", () => {
    const elf = new ElfBuilder();
    for (let index = 0; index < 5000; index++) elf.bss(`.bss.${index}`, 0x7fff_ffff);
    expect(endsSoon(() => openObject(elf.build()))).toBe(true);
  });
});
