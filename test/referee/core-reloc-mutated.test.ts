import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeBtf } from "../../src/btf/encode.ts";
import { readBtfFile, RUNNING_KERNEL } from "../../src/cli/read-btf.ts";
import { relocate } from "../../src/co-re/relocate.ts";
import { isCoreGenError } from "../../src/errors.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { cutOut, mutate, randomFrom, type Cutout } from "../support/mutate-btf.ts";
import { ourPrograms } from "./our-lines.ts";
import { corpusObjects, describeWithReferee, refereeOrCrash } from "./referee.ts";

/** Fewer for a first look: CORE_GEN_MUTATIONS=200. Another seed shows other ones. */
const MUTATIONS = Number(process.env["CORE_GEN_MUTATIONS"] ?? 10_000);
const SEED = Number(process.env["CORE_GEN_SEED"] ?? 1);

const REFUSED = "refused";

interface Subject {
  readonly path: string;
  readonly object: BpfObject;
  readonly cutout: Cutout;
}

describeWithReferee("relocation against mutations of the running kernel's types", { corpus: ["objects"] }, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-mutated-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const target = join(folder, "target.btf");

  it("decides as libbpf does", { timeout: 1_200_000 }, async () => {
    const random = randomFrom(SEED);
    const all = await subjects();
    expect(all.length).toBeGreaterThan(15);
    const counts = { equal: 0, poisoned: 0, refused: 0, libbpfCrashed: 0 };
    for (let run = 0; run < MUTATIONS; run++) {
      const { path, object, cutout } = all[run % all.length]!;
      const types = [...cutout.types];
      const steps = Array.from({ length: 1 + random(3) }, () => mutate(types, cutout.focus, random));
      const bytes = encodeBtf(types, true);
      writeFileSync(target, bytes);
      const result = refereeOrCrash(path, { btf: target, everyProgram: true });
      const mine = ours(object, bytes);
      // Circles send libbpf round and round until its stack is full; that ours came to an end is what can be said.
      if (result === undefined) {
        counts.libbpfCrashed++;
        continue;
      }
      const theirs = result.end.status === "ok" ? result.programs.map(({ code }) => hexOf(code)) : REFUSED;
      expect(
        mine,
        `${basename(path)}, run ${run} of seed ${SEED}: ${[...steps, ...result.warnings].join("; ")}`,
      ).toEqual(theirs);
      if (theirs === REFUSED) counts.refused++;
      else if (theirs.some((insns) => insns.includes(POISON))) counts.poisoned++;
      else counts.equal++;
    }
    console.log(`${MUTATIONS} mutated targets, decided as libbpf decides: ${JSON.stringify(counts)}`);
    // Each happens often, or this would show little.
    expect(Math.min(counts.equal, counts.poisoned, counts.refused)).toBeGreaterThan(MUTATIONS / 50);
    expect(counts.libbpfCrashed).toBeLessThan(MUTATIONS / 10);
  });
});

/** The call of the helper 0xbad2310. */
const POISON = "850000001023ad0b";

/** Tools that say nothing about the kernel but by CO-RE, each with the types that they are relocated against. */
async function subjects(): Promise<Subject[]> {
  const kernel = await readBtfFile(RUNNING_KERNEL);
  return corpusObjects().flatMap((path) => {
    if (!basename(path).startsWith("libbpf-tools__")) return [];
    const object = openObject(readFileSync(path), { what: basename(path) });
    if (object.programs.some(({ def }) => def?.needsAttachTarget !== false)) return [];
    const { entries } = relocate(object, { vmlinux: kernel });
    if (entries.length < 3) return [];
    const roots = entries.flatMap(({ candidates }) => candidates.map(({ id }) => id));
    const holders = entries.flatMap(({ target: found }) => found?.accessors.map(({ typeId }) => typeId) ?? []);
    return [{ path, object, cutout: cutOut(kernel, roots, [...new Set([...roots, ...holders])]) }];
  });
}

function ours(object: BpfObject, target: Uint8Array): readonly string[] | typeof REFUSED {
  try {
    return ourPrograms(object, Btf.parse(target)).map(({ insns }) => insns.join(" "));
  } catch (error) {
    if (isCoreGenError(error) && (error.code === "relocation" || error.code === "bad-btf")) return REFUSED;
    throw error;
  }
}

function hexOf(code: Uint8Array): string {
  return Buffer.from(code).toString("hex").match(/.{16}/gu)?.join(" ") ?? "";
}
