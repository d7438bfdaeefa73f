import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { libbpfTypes } from "./libbpf-types.ts";
import { describeWithReferee } from "./referee.ts";

describeWithReferee("types that are built", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-builder-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const ask = libbpfTypes(folder);

  it("are the bytes that libbpf builds", () => {
    const path = join(folder, "each-kind.btf");
    expect(ask("-k", path)).toBe(true);
    const theirs = readFileSync(path);
    expect(Btf.parse(theirs).typeCount).toBe(eachKind().typeCount);
    expect(Buffer.from(eachKind().build()).equals(theirs)).toBe(true);
  });
});

/** `each_kind` of btf-types.c adds the same. */
function eachKind(): BtfBuilder {
  const b = new BtfBuilder();
  b.int("int", 4, { signed: true });
  b.int("char", 1, { char: true });
  b.int("_Bool", 1, { bool: true });
  b.float("double", 8);
  b.pointer(6);
  b.struct("list", 24, [
    { name: "next", type: 5 },
    { name: "low", type: 1, bitOffset: 64, bitSize: 3 },
    { name: "high", type: 1, bitOffset: 67, bitSize: 13 },
    { name: "", type: 7, bitOffset: 96 },
  ]);
  b.union("", 4, [
    { name: "number", type: 1 },
    { name: "letters", type: 8 },
  ]);
  b.array(2, 4, 1);
  b.enum("color", 4, [
    { name: "RED", value: 0 },
    { name: "BLUE", value: 0xffff_ffff },
  ]);
  b.enum("number", 4, [{ name: "MINUS", value: -1 }]);
  b.enum64("large", 8, [{ name: "LARGE", value: 1n << 40n }]);
  b.enum64("small", 8, [{ name: "SMALL", value: -2n }]);
  b.forward("later", "struct");
  b.forward("either", "union");
  b.enum("shade", 4, []);
  b.typedef("list_t", 6);
  b.volatile(16);
  b.const(17);
  b.restrict(5);
  b.typeTag("user", 2);
  b.prototype(1, [
    { name: "list", type: 5 },
    { name: "", type: 0 },
  ]);
  b.func("count", 21, "static");
  b.variable("head", 5);
  b.section(".data", 16, [{ type: 23, offset: 8, size: 8 }]);
  b.declTag("tagged", 6);
  b.declTag("tagged", 6, 1);
  return b;
}
