import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { looksLikeBtf } from "../../src/btf/header.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { parseElf } from "../../src/object/elf/elf.ts";
import { openObject } from "../../src/object/open.ts";
import { ourProgram } from "./our-lines.ts";
import { bpftool, describeWithReferee, referee, selftestCases, type SelftestCase } from "./referee.ts";

/** Categories whose relocations ask about types or enum values, which we do not do yet; the kernel's own case has some. */
const notYet = new Set(["kernel", "type_based", "type_id", "enumval", "enum64val"]);

describeWithReferee(
  "the kernel's core_reloc cases, relocated as libbpf does",
  { corpus: ["selftests"], bpftool: true },
  () => {
    const all = selftestCases();
    const fields = all.filter(({ category }) => !notYet.has(category));
    const others = all.filter(({ category }) => notYet.has(category));

    it("are 75 of 77: two need the kernel's own test module", () => {
      expect({ fields: fields.length, others: others.length }).toEqual({ fields: 58, others: 17 });
      expect(fields.filter((selftest) => theirs(selftest) === REFUSED)).toHaveLength(5);
    });

    it.each(fields)("$category $name comes to the same", (selftest) => {
      const expected = theirs(selftest);
      expect(ours(selftest)).toEqual(expected);
      // What libbpf itself is tested for: a case that must fail is refused, or poisoned.
      if (selftest.expected === "fail") expect(expected === REFUSED || expected.includes(POISONED)).toBe(true);
    });

    describe("against the part of the target that bpftool thinks it needs", () => {
      const folder = mkdtempSync(join(tmpdir(), "core-gen-min-core-"));
      afterAll(() => rmSync(folder, { recursive: true }));

      it.each(fields.filter(({ expected }) => expected === "ok"))("$category $name comes to the same", (selftest) => {
        const target = join(folder, `${selftest.name.replaceAll(":", "-")}.btf`);
        bpftool("gen", "min_core_btf", selftest.target!, target, selftest.object);
        const shrunk = { ...selftest, target };
        const expected = theirs(shrunk);
        expect(expected).not.toBe(REFUSED);
        expect(ours(shrunk)).toEqual(expected);
        expect(ours(shrunk)).toEqual(ours(selftest));
      });
    });

    it.each(others)("$category $name is refused for what we do not do yet", (selftest) => {
      expect(() => relocated(selftest)).toThrow(
        expect.objectContaining({
          code: "unsupported",
          message: expect.stringMatching(
            /\.bpf\.o: applying the (type_\w+|local_type_id|target_type_id|enumval_\w+) relocation of instruction \d+ of test_core_\w+ \(.*\.c:\d+\), type [\w[\]]+: relocations of this kind are not supported yet$/u,
          ) as unknown,
        }) as Error,
      );
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
  return ourProgram(object, program, targetBtf(target)).insns;
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
