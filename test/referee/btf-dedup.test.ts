import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import fc from "fast-check";
import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { deduplicate } from "../../src/btf/dedup/dedup.ts";
import { encodeBtf } from "../../src/btf/encode.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { BtfBuilder as RawBuilder } from "../support/btf-builder.ts";
import { cutOut, mutate, randomFrom, type Random } from "../support/mutate-btf.ts";
import { anotherComposite, Dice, randomComposite, writeShape } from "../support/random-types.ts";
import { kernelBtfs, readKernel } from "./kernels.ts";
import { libbpfTypes } from "./libbpf-types.ts";
import { corpusObjects, describeWithReferee } from "./referee.ts";

describeWithReferee("types, deduplicated", { corpus: ["objects"] }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-dedup-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const ask = libbpfTypes(folder);
  const input = join(folder, "input.btf");
  const output = join(folder, "output.btf");
  const baseFile = join(folder, "base.btf");

  /** Undefined where libbpf refuses. */
  function theirs(bytes: Uint8Array, base?: Btf): Uint8Array | undefined {
    writeFileSync(input, bytes);
    if (base !== undefined) writeFileSync(baseFile, base.bytes);
    const done = ask(...(base === undefined ? [] : ["-b", baseFile]), output, input);
    return done ? readFileSync(output) : undefined;
  }

  function expectSame(bytes: Uint8Array, base?: Btf): { before: number; after: number } {
    const btf = Btf.parse(bytes, base === undefined ? {} : { base });
    const ours = deduplicate(btf).bytes;
    const expected = theirs(bytes, base);
    expect(expected).toBeDefined();
    expect(Buffer.compare(ours, expected!)).toBe(0);
    return { before: btf.typeCount, after: Btf.parse(ours, base === undefined ? {} : { base }).typeCount };
  }

  const objects = corpusObjects().flatMap((path) => {
    const elf = parseElf(readFileSync(path), basename(path));
    const section = elf.section(".BTF");
    return section === undefined || !elf.littleEndian ? [] : [Btf.parse(section.data, { what: basename(path) })];
  });

  function together(...all: readonly Btf[]): Uint8Array {
    const b = new BtfBuilder();
    for (const btf of all) b.addAll(btf);
    return b.build();
  }

  it("are put together as libbpf does it", () => {
    objects.slice(0, -1).forEach((first, index) => {
      const pair = [first, objects[index + 1]!];
      const files = pair.map((btf, which) => {
        const file = join(folder, `part-${which}.btf`);
        writeFileSync(file, btf.bytes);
        return file;
      });
      expect(ask("-c", output, ...files)).toBe(true);
      expect(Buffer.compare(together(...pair), readFileSync(output)), first.what).toBe(0);
    });
  });

  it("of each two objects come to libbpf's bytes", () => {
    objects.slice(0, -1).forEach((first, index) => {
      const { before, after } = expectSame(together(first, objects[index + 1]!));
      expect(after, first.what).toBeLessThan(before);
    });
  });

  it("of all objects at once come to libbpf's bytes", () => {
    const { before, after } = expectSame(together(...objects));
    console.log(`deduplicated: ${before} types of ${objects.length} objects are ${after}`);
    expect(after).toBeLessThan(before / 4);
  });

  it("of a kernel stay what they are, and the same once more is merged", () => {
    const [host] = kernelBtfs();
    const { target: kernel } = readKernel(host!);
    const { before, after } = expectSame(together(kernel, kernel));
    expect(before).toBe(2 * kernel.typeCount - 1);
    expect(after).toBeLessThan(kernel.typeCount * 1.01);
  });

  it("cut out of a kernel, and the same ones changed, come to libbpf's bytes", () => {
    const { target: kernel } = readKernel(kernelBtfs()[0]!);
    const random = randomFrom(1);
    for (let round = 0; round < 60; round++) {
      const parts = [0, 1, 2].map(() => damagedPart(kernel, random));
      expectSame(together(...parts));
    }
  });

  it("that are made up come to libbpf's bytes", () => {
    const numbers = fc.array(fc.nat(10_000), { minLength: 150, maxLength: 150 });
    const property = fc.property(numbers, (decisions) => {
      const dice = new Dice(decisions);
      const shape = randomComposite(dice, "root");
      const parts = [shape, anotherComposite(dice, shape, "root"), shape, randomComposite(dice, "other")];
      expectSame(together(...parts.map(alone)));
    });
    fc.assert(property, { numRuns: 150 });
  });

  it("with declarations of what others define come to libbpf's bytes", () => {
    const random = randomFrom(2);
    for (let round = 0; round < 200; round++) {
      const parts = Array.from({ length: 3 }, () => unit(random));
      expectSame(together(...parts));
    }
  });

  it("on top of a base come to libbpf's bytes", () => {
    const random = randomFrom(3);
    for (let round = 0; round < 200; round++) {
      const base = Btf.parse(together(unit(random, false)));
      const b = new BtfBuilder({ base });
      for (let part = 0; part < 2; part++) b.addAll(unit(random, false));
      expectSame(b.build(), base);
    }
  });
});

/** Some structs of a kernel with all that they hold, changed here and there. */
function damagedPart(kernel: Btf, random: Random): Btf {
  const names = ["task_struct", "file", "sk_buff", "dentry", "pid", "cred", "sock", "page"];
  const roots = names.flatMap((name) => kernel.find(name, "struct") ?? []).filter(() => random(2) === 0);
  const { types, focus } = cutOut(kernel, roots, roots);
  const changed = [...types];
  for (let count = random(3); count > 0 && changed.length > 0; count--) mutate(changed, focus, random);
  return Btf.parse(encodeBtf(changed, true));
}

function alone(shape: Parameters<typeof writeShape>[1]): Btf {
  const b = new RawBuilder();
  writeShape(b, shape);
  return Btf.parse(b.build());
}

/**
 * What a compiler could make of a small source file: structs that point to one another, of which some are only declared,
 * enums and typedefs. Few names, so that several files define the same ones, alike or not.
 *
 * On top of a base there are no typedefs: libbpf 1.7 does not merge those with the base's, as 1.8 does and we do.
 */
function unit(random: Random, withTypedefs = true): Btf {
  const b = new BtfBuilder();
  const int = b.int("int", 4, { signed: true });
  const names = ["a", "b", "c"];
  // Each name gets a struct or a declaration, then a pointer to it; ids are known beforehand.
  const pointers = names.map((_, index) => b.nextId + 2 * index + 1);
  for (const name of names) {
    const id =
      random(3) === 0
        ? b.forward(name, random(8) === 0 ? "union" : "struct")
        : defineStruct(b, random, name, int, pointers);
    b.pointer(id);
  }
  if (withTypedefs) b.typedef("t", pointers[random(3)]!);
  if (random(2) === 0) b.enum("e", 4, random(2) === 0 ? [] : [{ name: "ONE", value: 1 + random(2) }]);
  if (random(2) === 0) b.enum64("e", 8, [{ name: "TWO", value: 2n }]);
  const result = random(2) === 0 ? int : b.const(pointers[random(3)]!);
  const prototype = b.prototype(result, [{ name: "x", type: pointers[random(3)]! }]);
  b.func(`f${random(2)}`, prototype, "static");
  if (random(2) === 0) b.variable("v", b.array(int, 1 + random(2), int));
  if (random(2) === 0) b.declTag("tag", int + 1);
  return Btf.parse(b.build());
}

function defineStruct(b: BtfBuilder, random: Random, name: string, int: number, pointers: readonly number[]): number {
  const members = Array.from({ length: 1 + random(3) }, (_, index) => ({
    name: `m${index}`,
    type: random(3) === 0 ? int : pointers[random(pointers.length)]!,
    bitOffset: index * 64,
  }));
  return b.struct(name, members.length * 8, members);
}
