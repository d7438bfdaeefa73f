import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { deduplicate } from "../../src/btf/dedup/dedup.ts";
import { encodeBtf, encodeLike } from "../../src/btf/encode.ts";
import { ownTypes } from "../../src/btf/opaque.ts";
import { isCoreGenError } from "../../src/errors.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { hasFeature } from "../../src/runtime/kernel/features.ts";
import { sanitizeBtf } from "../../src/runtime/load/sanitize-btf.ts";
import { Attr, bpf, BPF_BTF_LOAD } from "../../src/runtime/sys/bpf.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { corpusObjects, describeWithReferee } from "../referee/referee.ts";
import { describeWithKernel } from "../support/kernel.ts";

/** Whether the kernel takes this BTF. */
function accepts(bytes: Uint8Array): boolean {
  const result = bpf(BPF_BTF_LOAD, new Attr(28).pointer(0, bytes).u32(16, bytes.length));
  if (result < 0) return false;
  new Fd(result, "BTF of a test").close();
  return true;
}

/** What each way of writing makes of some types. */
const ways: Readonly<Record<string, (btf: Btf) => Uint8Array>> = {
  "written again in its own manner": (btf) => encodeLike(btf),
  "encoded from its types": (btf) => encodeBtf(ownTypes(btf), btf.littleEndian),
  deduplicated: (btf) => deduplicate(btf).bytes,
  "built from its types, twice, and deduplicated": (btf) => {
    const b = new BtfBuilder();
    b.addAll(btf);
    b.addAll(btf);
    // Sections are never merged, and the kernel knows none of the same name twice.
    return deduplicate(Btf.parse(b.build())).bytes;
  },
};

describeWithReferee("the kernel", { corpus: ["objects"] }, () => {
  describeWithKernel("with the types of objects", {}, () => {
    it.each(Object.keys(ways))("accepts those that it accepts as they are: %s", (way) => {
      const accepted = originals().filter(({ bytes }) => accepts(bytes));
      expect(accepted.length).toBeGreaterThan(80);
      const refused = accepted.filter(({ bytes }) => !accepts(ways[way]!(Btf.parse(bytes))));
      expect(refused.map(({ name }) => name)).toEqual([]);
    });
  });
});

/** What would be loaded of each object that can be opened. */
function originals(): { name: string; bytes: Uint8Array }[] {
  return corpusObjects().flatMap((path) => {
    const btf = opened(path)?.btf;
    return btf?.littleEndian === true ? [{ name: basename(path), bytes: sanitizeBtf(btf, hasFeature) }] : [];
  });
}

function opened(path: string): BpfObject | undefined {
  try {
    return openObject(readFileSync(path), { what: basename(path) });
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}

describeWithKernel("the kernel", {}, () => {
  it("accepts one type of each kind, as they are built", () => {
    expect(accepts(sanitizeBtf(Btf.parse(eachKind().build()), hasFeature))).toBe(true);
  });
});

/** What the kernel takes is a little less than what libbpf builds: no sections with holes in their names, for example. */
function eachKind(): BtfBuilder {
  const b = new BtfBuilder();
  const int = b.int("int", 4, { signed: true });
  const char = b.int("char", 1, { char: true });
  b.float("double", 8);
  const self = b.pointer(b.nextId + 1);
  const list = b.struct("list", 16, [
    { name: "next", type: self },
    { name: "low", type: int, bitOffset: 64, bitSize: 3 },
    { name: "high", type: int, bitOffset: 67, bitSize: 13 },
  ]);
  b.union("", 4, [
    { name: "number", type: int },
    { name: "letters", type: b.nextId + 1 },
  ]);
  b.array(char, 4, int);
  b.enum("color", 4, [{ name: "MINUS", value: -1 }]);
  b.enum64("large", 8, [{ name: "LARGE", value: 1n << 40n }]);
  b.forward("later", "union");
  b.restrict(b.pointer(b.volatile(b.const(b.typedef("list_t", list)))));
  b.pointer(b.typeTag("user", char));
  const prototype = b.prototype(int, [{ name: "list", type: self }]);
  b.func("count", prototype, "static");
  const head = b.variable("head", self);
  b.section(".data", 8, [{ type: head, offset: 0, size: 8 }]);
  b.declTag("tagged", list, 1);
  return b;
}
