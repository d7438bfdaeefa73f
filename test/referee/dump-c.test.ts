import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { kernelBtfs } from "./kernels.ts";
import { bpftool, btfDumpCases, corpusObjects, describeWithReferee } from "./referee.ts";
import { expectSameText } from "./same-text.ts";

/** What bpftool prints of a file, and of split BTF with its base. */
function theirs(path: string, args: readonly string[], base?: string): string {
  return bpftool(...(base === undefined ? [] : ["-B", base]), "btf", "dump", "file", path, "format", "c", ...args);
}

describeWithReferee("a kernel as C, as bpftool writes it", { bpftool: true }, () => {
  it.each(kernelBtfs())("$name", ({ path }) => {
    const btf = Btf.parse(readFileSync(path));
    expectSameText(dumpC(btf), theirs(path, []));
    expectSameText(dumpC(btf, { sorted: false }), theirs(path, ["unsorted"]));
  });

  it.each(kernelBtfs())("$name, some types with what they need", ({ path }) => {
    const btf = Btf.parse(readFileSync(path));
    const roots = ["task_struct", "sk_buff", "file", "bpf_map"].map((name) => btf.find(name, "struct")!);
    expectSameText(dumpC(btf, { roots }), theirs(path, rootIds(roots)));
  });
});

function rootIds(roots: readonly number[]): string[] {
  return roots.flatMap((id) => ["root_id", String(id)]);
}

describeWithReferee("objects as C, as bpftool writes them", { corpus: ["objects"], bpftool: true }, () => {
  it("are the same, sorted and not, in all objects that have types", () => {
    const compared = corpusObjects().filter((path) => {
      const section = parseElf(readFileSync(path), basename(path)).section(".BTF");
      if (section === undefined) return false;
      const btf = Btf.parse(section.data, { what: basename(path) });
      expectSameText(dumpC(btf), theirs(path, []));
      expectSameText(dumpC(btf, { sorted: false }), theirs(path, ["unsorted"]));
      return true;
    });
    expect(compared).toHaveLength(OBJECTS_WITH_BTF);
  });
});

/** As many of the 143 as bpftool dumps; the others were compiled without -g. */
const OBJECTS_WITH_BTF = 132;

describeWithReferee("the kernel's own tests of libbpf's C dump", { corpus: ["btf-dump"] }, () => {
  it("are seven", () => {
    expect(btfDumpCases()).toHaveLength(7);
  });

  it("come out as their comments say", () => {
    for (const { name, object, expected } of btfDumpCases()) {
      const header = dumpC(Btf.parse(parseElf(readFileSync(object), name).section(".BTF")!.data), { sorted: false });
      // Only bpftool adds what is around the types.
      const [, types] = /#define __bpf_fastcall\n#endif\n#endif\n\n(.*)\n\/\* BPF kfuncs \*\//su.exec(header)!;
      expect(types!.trimEnd(), name).toBe(expected.trimEnd());
    }
  });
});

describeWithReferee("hand-made types as C, as bpftool writes them", { bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-dump-c-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  function expectAsBpftool(name: string, b: BtfBuilder): string {
    const bytes = b.build();
    const path = write(name, bytes);
    const header = dumpC(Btf.parse(bytes));
    expectSameText(header, theirs(path, []));
    expectSameText(dumpC(Btf.parse(bytes), { sorted: false }), theirs(path, ["unsorted"]));
    return header;
  }

  it("sorted: all types but the one that comes first, because void is counted among them", () => {
    const b = new BtfBuilder();
    b.enumeration("", 4, false, [["LATER", 1]]);
    b.enumeration("", 4, false, [["EARLIER", 1]]);
    const header = expectAsBpftool("first", b);
    expect(header).toContain("LATER");
    expect(header).not.toContain("EARLIER");
  });

  it("enums of one byte and of eight, and those with values of 64 bits", () => {
    const b = new BtfBuilder();
    // The first one is what bpftool leaves out.
    b.enumeration("", 4, false, [["FIRST", 1]]);
    b.enumeration("byte", 1, false, [["A", 1]]);
    b.enumeration("word", 8, true, [["B", -1]]);
    b.enumeration("short", 2, true, [["C", -1]]);
    b.enumeration64("small", false, [["D", 1n]]);
    b.enumeration64("negative", true, [["E", -2n]]);
    b.enumeration64("large", false, [["F", 0xffff_ffff_ffff_ffffn]]);
    b.enumeration("later", 4, false, []);
    b.enumeration("later", 4, false, []);
    const header = expectAsBpftool("enums", b);
    expect(header).toContain("mode(byte)");
    expect(header).toContain("F = 18446744073709551615ULL");
  });

  it("on a machine of 32 bits", () => {
    const b = new BtfBuilder({ littleEndian: false });
    const long = b.int("long unsigned int", 4);
    const wide = b.int("long long", 8);
    b.composite("struct", "gaps", 24, [
      ["a", long, 0],
      ["b", wide, 64],
      ["c", b.refer("ptr", 0), 160],
    ]);
    b.enumeration("word", 8, false, [["A", 1]]);
    expectAsBpftool("32-bits", b);
  });

  it("GCC's own types", () => {
    const b = new BtfBuilder();
    b.refer("typedef", 0, "__gnuc_va_list");
    b.refer("typedef", b.int("int", 4), "__builtin_va_list");
    const poly = b.int("__Poly128_t", 16);
    b.composite("struct", "vector", 16, [["lanes", poly, 0]]);
    expect(expectAsBpftool("gcc", b)).toContain("typedef unsigned __int128 __Poly128_t;");
  });

  it("type tags, and attributes that are written as such", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const tag = b.refer("type_tag", int, "user");
    const attribute = b.add({ kind: "type_tag", kindFlag: true, sizeOrType: int, name: "address_space(1)" });
    b.composite("struct", "tagged", 16, [
      ["a", b.refer("ptr", tag), 0],
      ["b", b.refer("ptr", b.refer("const", attribute)), 64],
    ]);
    expectAsBpftool("tags", b);
  });

  it("kfuncs, also those that keep registers", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const proto = b.add({ kind: "func_proto", sizeOrType: int, vlen: 1, words: [b.string("x"), int] });
    for (const name of ["later", "earlier", "no_kfunc"]) {
      const id = b.add({ kind: "func", name, sizeOrType: proto, vlen: 1 });
      if (name !== "no_kfunc") b.add({ kind: "decl_tag", name: "bpf_kfunc", sizeOrType: id, words: [-1] });
      if (name === "later") b.add({ kind: "decl_tag", name: "bpf_fastcall", sizeOrType: id, words: [-1] });
      b.add({ kind: "decl_tag", name: "bpf_kfunc", sizeOrType: id, words: [0] });
    }
    const header = expectAsBpftool("kfuncs", b);
    expect(header).toContain("extern __bpf_fastcall int later(int x) __weak __ksym;");
  });

  it("names that are there often, and are long", () => {
    const b = new BtfBuilder();
    const name = "n".repeat(254);
    for (let count = 0; count < 12; count++) {
      b.composite("struct", name, 0, []);
      b.enumeration("e", 4, false, [["VALUE", count]]);
      b.refer("typedef", 0, "VALUE");
    }
    expectAsBpftool("names", b);
  });

  it("structs that differ in nothing but the name of a member, which is not ASCII", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    for (const member of ["ä", "z", "b", "ÿ", "a"]) b.composite("struct", "twin", 4, [[member, int, 0]]);
    expectAsBpftool("twins", b);
  });

  it.each([true, false])("a module's types on its kernel's, little-endian: %s", (littleEndian) => {
    const base = Btf.parse(smallKernel(littleEndian).build());
    const module = new BtfBuilder({ littleEndian, base });
    const own = module.composite("struct", "s", 24, [
      ["inner", base.find("s", "struct")!, 0],
      ["next", 2, 128],
    ]);
    module.refer("ptr", own);
    const basePath = write(`base-${littleEndian}`, base.bytes);
    const path = write(`module-${littleEndian}`, module.build());
    const btf = Btf.parse(readFileSync(path), { base });
    expectSameText(dumpC(btf), theirs(path, [], basePath));
    expectSameText(dumpC(btf, { sorted: false }), theirs(path, ["unsorted"], basePath));
    expectSameText(dumpC(btf, { roots: [own] }), theirs(path, rootIds([own]), basePath));
  });
});

function smallKernel(littleEndian: boolean): BtfBuilder {
  const b = new BtfBuilder({ littleEndian });
  const int = b.int("int", 4, { encoding: 1 });
  b.refer("ptr", int);
  b.composite("struct", "s", 16, [
    ["plain", int, 0],
    ["array", b.array(int, 3), 32],
  ]);
  b.enumeration("e", 4, true, [["MINUS", -1]]);
  return b;
}
