import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { looksLikeBtf } from "../../src/btf/header.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { openObject } from "../../src/object/open.ts";
import { ourPrograms } from "./our-lines.ts";
import { bpftool, describeWithReferee, referee, selftestCases, type SelftestCase } from "./referee.ts";

describeWithReferee(
  "the kernel's core_reloc cases, relocated as libbpf does",
  { corpus: ["selftests"], bpftool: true },
  () => {
    const all = selftestCases();

    it("are 75 of 77: two need the kernel's own test module", () => {
      expect(all).toHaveLength(75);
      expect(all.filter((selftest) => theirs(selftest) === REFUSED)).toHaveLength(5);
    });

    it.each(all)("$category $name comes to the same", (selftest) => {
      const expected = theirs(selftest);
      expect(ours(selftest)).toEqual(expected);
      // What libbpf itself is tested for: a case that must fail is refused, or poisoned.
      if (selftest.expected === "fail") expect(expected === REFUSED || expected.includes(POISONED)).toBe(true);
    });

    describe("against the part of the target that bpftool thinks it needs", () => {
      const folder = mkdtempSync(join(tmpdir(), "core-gen-min-core-"));
      afterAll(() => rmSync(folder, { recursive: true }));

      it.each(all.filter(({ expected }) => expected === "ok"))("$category $name comes to the same", (selftest) => {
        const target = join(folder, `${selftest.name.replaceAll(":", "-")}.btf`);
        bpftool("gen", "min_core_btf", selftest.target ?? "/sys/kernel/btf/vmlinux", target, selftest.object);
        const shrunk = { ...selftest, target };
        const expected = theirs(shrunk);
        expect(expected).not.toBe(REFUSED);
        expect(ours(shrunk)).toEqual(expected);
        // The small file has ids of its own.
        if (selftest.category !== "type_id") expect(ours(shrunk)).toEqual(ours(selftest));
      });
    });

    it.each(all)("$category $name is explained in libbpf's own words", (selftest) => {
      const { object: path, target } = selftest;
      const theirLog = referee(path, { log: true, ...(target === undefined ? {} : { btf: target }) });
      // Relocations of ELF, which the referee takes for CO-RE's by their look.
      const log = theirLog.log.filter((line) => !line.startsWith("sec '.rel"));
      const lines = ourLog(selftest);
      expect(lines.length).toBeGreaterThan(2);
      // What libbpf says of the one relocation that it refuses is a warning, and the end.
      expect(lines).toEqual(theirLog.end.status === "ok" ? log : log.slice(0, lines.length));
    });
  },
);

const REFUSED = "refused";
/** A call of helper 0xbad2310. */
const POISONED = "850000001023ad0b";

/** The instructions, or that there are none. */
type Outcome = readonly string[] | typeof REFUSED;

function ours(selftest: SelftestCase): Outcome {
  try {
    return relocated(selftest);
  } catch (error) {
    if (isCoreGenError(error) && error.code === "relocation") return REFUSED;
    throw error;
  }
}

function relocated({ object: path, target, program: name }: SelftestCase): readonly string[] {
  const object = openObject(readFileSync(path), { what: path });
  const program = object.programs.find((p) => p.name === name);
  if (program === undefined) throw new Error(`${path} has no program ${name}`);
  return ourPrograms(object, targetBtf(target), [program])[0]!.insns;
}

function ourLog({ object: path, target }: SelftestCase): string[] {
  const lines: string[] = [];
  const object = openObject(readFileSync(path), { what: path });
  try {
    relocate(object, { vmlinux: targetBtf(target) }, { log: (line) => lines.push(line) });
  } catch (error) {
    if (!isCoreGenError(error) || error.code !== "relocation") throw error;
  }
  return lines;
}

function targetBtf(path: string | undefined): Btf {
  if (path === undefined) return Btf.parse(readFileSync("/sys/kernel/btf/vmlinux"));
  const bytes = readFileSync(path);
  if (looksLikeBtf(bytes)) return Btf.parse(bytes);
  const section = parseElf(bytes).section(".BTF");
  if (section === undefined) throw new Error(`${path} has no BTF`);
  return Btf.parse(section.data);
}

function theirs({ object, target, program: name }: SelftestCase): Outcome {
  const { end, programs } = referee(object, target === undefined ? {} : { btf: target });
  const program = programs.find((p) => p.name === name);
  if (end.status !== "ok" || program === undefined) return REFUSED;
  return Buffer.from(program.code).toString("hex").match(/.{16}/gu) ?? [];
}
