import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeLike } from "../../src/btf/encode.ts";
import { swapByteOrder } from "../../src/btf/swap.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { everyKind } from "../support/btf-builder.ts";
import { kernelBtfs, readKernel } from "./kernels.ts";
import { libbpfTypes } from "./libbpf-types.ts";
import { moduleTypes } from "./modules.ts";
import { bpftool, corpusObjects, describeWithReferee } from "./referee.ts";

/** The BTF of all corpus objects that have any. */
function objectTypes(): { name: string; bytes: Uint8Array }[] {
  return corpusObjects().flatMap((path) => {
    const section = parseElf(readFileSync(path), basename(path)).section(".BTF");
    return section === undefined ? [] : [{ name: basename(path), bytes: section.data }];
  });
}

const areSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describeWithReferee("BTF that others wrote, read and written again", { corpus: ["objects"] }, () => {
  it.each(kernelBtfs())("is the same bytes: $name", ({ path }) => {
    const bytes = readFileSync(path);
    expect(areSame(encodeLike(Btf.parse(bytes)), bytes)).toBe(true);
  });

  it("is the same bytes: all objects", () => {
    const objects = objectTypes();
    expect(objects.length).toBeGreaterThan(100);
    expect(objects.filter(({ bytes }) => !areSame(encodeLike(Btf.parse(bytes)), bytes))).toEqual([]);
  });

  const withModules = kernelBtfs().filter((kernel) => !moduleTypes(kernel).next().done);
  it.each(withModules)("is the same bytes: the modules of $name", { timeout: 300_000 }, (kernel) => {
    const { target: base } = readKernel(kernel);
    let count = 0;
    for (const { name, bytes } of moduleTypes(kernel)) {
      count++;
      expect(areSame(encodeLike(Btf.parse(bytes, { base })), bytes), name).toBe(true);
    }
    expect(count).toBeGreaterThan(500);
    console.log(`modules of ${kernel.name}: the types of ${count} are the same bytes`);
  });
});

describeWithReferee("BTF in the other byte order", { corpus: ["objects"], bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-swap-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const swapped = join(folder, "swapped.btf");
  const original = join(folder, "original.btf");
  const ask = libbpfTypes(folder);

  /** Compares with libbpf's bytes, and swaps back. */
  function expectSwapped(bytes: Uint8Array): void {
    const ours = swapByteOrder(Btf.parse(bytes));
    writeFileSync(original, bytes);
    expect(ask("-s", swapped, original)).toBe(true);
    expect(areSame(ours, readFileSync(swapped))).toBe(true);
    expect(areSame(swapByteOrder(Btf.parse(ours)), bytes)).toBe(true);
  }

  it.each(kernelBtfs())("is libbpf's, and bpftool reads the same types: $name", ({ path }) => {
    expectSwapped(readFileSync(path));
    const dump = (file: string): string => bpftool("btf", "dump", "file", file, "format", "raw");
    expect(dump(swapped) === dump(path)).toBe(true);
  });

  it("is libbpf's: all objects, and one of each kind", () => {
    for (const { bytes } of objectTypes()) expectSwapped(bytes);
    expectSwapped(everyKind(true).build());
    expectSwapped(everyKind(false).build());
  });
});
