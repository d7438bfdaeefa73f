import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { describeWhere } from "../support/describe-where.ts";
import { kernelBtfs } from "./kernels.ts";
import { DECLARED, layoutsOf, type Layouts } from "./layouts.ts";

/*
 * What a kernel's types are as C is compiled, and clang's BTF of that must have the layouts that we began with. Here the
 * referee is the compiler.
 */

/** What bpftool's header may have otherwise than the kernel, and so may ours. */
const LOST = new Set([
  // A va_list is what the compiler takes for one: 24 bytes for x86-64, 8 for BPF.
  ...["typedef __builtin_va_list", "typedef __gnuc_va_list", "typedef va_list", "struct warn_args"],
  // libbpf sees that a struct is packed from its ordinary members alone, not from bit-fields that cross a word's end.
  ...["struct pgid", "struct ccw_device_dma_area", "struct channel_subsystem"],
  ...["struct kvm_s390_sie_block", "struct sie_page"],
  // pahole leaves out the members of transparent unions, and libbpf pads structs alone: of 8 bytes none are left.
  ...["typedef release_pages_arg", "typedef aes_encrypt_arg"],
]);

const withoutClang = spawnSync("clang-19", ["--version"]).error !== undefined;
const obstacle = withoutClang
  ? { reason: "there is no clang-19", requiredBy: "CORE_GEN_REQUIRE_REFEREE" as const }
  : undefined;

describeWhere("a kernel's types, compiled as C", obstacle, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-compiles-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  // A compiler takes its time for ten thousand types.
  it.each(kernelBtfs())("$name: have the same layouts", { timeout: 900_000 }, ({ path }) => {
    const kernel = Btf.parse(readFileSync(path));
    const compiled = compile(dumpC(kernel), kernel);
    const [expected, found] = [layoutsOf(kernel), layoutsOf(compiled)];
    expect(expected.size).toBeGreaterThan(7000);
    // A typedef of what is only declared is of another file's struct in C, and there is nothing to compare.
    const names = [...expected.keys()].filter((name) => !expected.get(name)!.includes(DECLARED));
    const different = names.filter((name) => !isSame(expected.get(name)!, ofName(found, name)));
    expect(different.filter((name) => !LOST.has(name))).toEqual([]);
  });

  function compile(header: string, kernel: Btf): Btf {
    const source = join(folder, "types.c");
    const object = join(folder, "types.o");
    writeFileSync(join(folder, "vmlinux.h"), header);
    writeFileSync(source, ['#include "vmlinux.h"', ...pointersToAll(header, kernel), ""].join("\n"));
    const target = kernel.littleEndian ? "bpfel" : "bpfeb";
    // Kernels since 2026 are written in C with Microsoft's extensions: a struct inside another one by its name alone.
    const args = [
      `--target=${target}`,
      "-fms-extensions",
      "-Wno-microsoft-anon-tag",
      "-g",
      "-O0",
      "-Werror=all",
      "-c",
      source,
      "-o",
      object,
    ];
    const { status, stderr } = spawnSync("clang-19", args, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return Btf.parse(parseElf(readFileSync(object)).section(".BTF")!.data);
  }
});

/** clang keeps the types of what is there: a pointer to each. */
function pointersToAll(header: string, kernel: Btf): string[] {
  const tags = [...header.matchAll(/^((?:struct|union|enum) \S+) \{/gmu)].map(([, tag]) => tag!);
  const words = new Set(header.match(/\w+/gu));
  const typedefs = [...layoutsOf(kernel)]
    .filter(([name]) => name.startsWith("typedef "))
    .flatMap(([name, { length }]) => occurrencesOf(name.slice("typedef ".length), length));
  return [...tags, ...typedefs.filter((name) => words.has(name))].map((type, index) => `${type} *pointer${index};`);
}

/** What some types of one name are called in the header: `x`, `x___2`, `x___3`. */
function occurrencesOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}___${index + 1}`));
}

/** The layouts of all types that the header calls so. */
function ofName(found: Layouts, name: string): string[] {
  let count = 1;
  while (found.has(`${name}___${count + 1}`)) count++;
  return occurrencesOf(name, count).flatMap((occurrence) => found.get(occurrence) ?? []);
}

/** The order of types is another one in clang's BTF. */
function isSame(expected: readonly string[], found: readonly string[]): boolean {
  return [...expected].sort().join("\n") === [...found].sort().join("\n");
}
