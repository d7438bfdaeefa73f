import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeBtf } from "../../src/btf/encode.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { readBtfFile, RUNNING_KERNEL } from "../../src/cli/read-btf.ts";
import { minimizeBtf } from "../../src/co-re/min-btf.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { encodeInsns } from "../../src/object/insn/insn.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { kernelBtfs } from "./kernels.ts";
import { bpftool, corpusObjects, describeWithReferee, referee, selftestCases } from "./referee.ts";

const read = (path: string): BpfObject => openObject(readFileSync(path), { what: basename(path) });

/** The relocated code of all functions; ids of types left out, which differ in a smaller file. */
function codeOf(object: BpfObject, vmlinux: Btf): string[] {
  const { code, entries } = relocate(object, { vmlinux });
  for (const { kind, code: owner, insn } of entries) {
    const target = code.get(owner)?.[insn];
    if (kind === "target_type_id" && target !== undefined) target.imm = 0;
  }
  return [...code].map(([{ name }, insns]) => `${name} ${Buffer.from(encodeInsns(insns, true)).toString("hex")}`);
}

describeWithReferee("the smallest BTF", { corpus: ["objects", "selftests"], bpftool: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-min-btf-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const small = join(folder, "small.btf");
  const theirSmall = join(folder, "their-small.btf");

  it.each(selftestCases().filter(({ expected }) => expected === "ok"))(
    "of $category $name is enough, for libbpf, too",
    async ({ object: path, target = RUNNING_KERNEL, category, program }) => {
      const object = read(path);
      const whole = await readBtfFile(target);
      writeFileSync(small, minimizeBtf(whole, [object]));
      expect(codeOf(object, await readBtfFile(small))).toEqual(codeOf(object, whole));
      if (category === "type_id") return;
      const [withSmall, withWhole] = [small, target].map((btf) => referee(path, { btf }));
      const codes = [withSmall, withWhole].map((result) => result!.programs.find(({ name }) => name === program)!.code);
      expect(codes[0]).toEqual(codes[1]);
    },
  );

  it.each(kernelBtfs())("of each tool on $name is enough, and not larger than bpftool's", async (kernel) => {
    const whole = await readBtfFile(kernel.path);
    const sizes = { ours: 0, bpftool: 0 };
    for (const path of corpusObjects().filter((file) => basename(file).startsWith("libbpf-tools__"))) {
      const object = read(path);
      const bytes = minimizeBtf(whole, [object]);
      expect(codeOf(object, Btf.parse(bytes)), path).toEqual(codeOf(object, whole));
      bpftool("gen", "min_core_btf", kernel.path, theirSmall, path);
      sizes.ours += bytes.length;
      sizes.bpftool += statSync(theirSmall).size;
    }
    console.log(`min-btf of libbpf-tools on ${kernel.name}: ${sizes.ours} bytes, bpftool's ${sizes.bpftool}`);
    expect(sizes.ours).toBeLessThanOrEqual(sizes.bpftool);
  });

  it("is written so that bpftool reads the same types", async () => {
    const kernel = await readBtfFile(RUNNING_KERNEL);
    const types: BtfType[] = [];
    for (let id = 1; id < kernel.typeCount; id++) types.push(kernel.type(id));
    writeFileSync(small, encodeBtf(types, kernel.littleEndian));
    const dump = (path: string): string => bpftool("btf", "dump", "file", path, "format", "raw");
    expect(dump(small) === dump(RUNNING_KERNEL)).toBe(true);
  });
});
