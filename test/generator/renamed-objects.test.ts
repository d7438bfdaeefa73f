import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { generateSkeleton } from "../../src/generator/index.ts";
import { stripDebugInfo } from "../../src/generator/strip-object.ts";
import { openObject } from "../../src/object/open.ts";
import { renameNames } from "../support/rename-names.ts";
import { compile } from "../types/compile.ts";
import { findCode } from "./support/closed-module.ts";
import { evaluateModule } from "./support/evaluate.ts";

/*
 * Real objects, all names in them exchanged for what an attacker, or a C programmer with bad luck, would write. Whatever
 * the names are, the module parses, type-checks, is closed, and importing it does nothing: no byte of the object is code.
 *
 * CORE_GEN_NAMES=10000 npx vitest run test/generator/renamed-objects.test.ts
 */

const COUNT = Number(process.env["CORE_GEN_NAMES"] ?? 200);
/** Another one is another search: CI has to be told the same each time. */
const SEED = Number(process.env["CORE_GEN_SEED"] ?? 1);
/** Modules that are type-checked in one program: it has them all in memory. */
const BATCH = 100;
const LARGEST = 16_000;

const words = [
  "__proto__ constructor prototype toString hasOwnProperty valueOf class await default enum function import let new null",
  "of this typeof undefined void yield async static string number bigint boolean any never object symbol as type readonly",
  "Codec Memory u8 u32 u64 text bytes base64 external forArch defineSkeleton OBJECT Skeleton Loaded Program KernelTime URL",
  "Uint8Array from to at value whole end read write size maps progs globals format name structOps Record Array Object 0 1st",
  "a A a_ A_ a_2 _ __ $ $_ Event event EVENT e_v_e_n_t Unnamed event_2 Event2 x.y x-y x y",
].flatMap((line) => line.split(" "));
const attacks = [
  "*/globalThis.p=1;/*",
  "`;globalThis.p=1;`",
  "${globalThis.p=1}",
  '"+(globalThis.p=1)+"',
  "'+(globalThis.p=1)+'",
  "\nglobalThis.p=1\n",
  "\u2028globalThis.p=1;\u2029",
  "\\",
  "\\u0022",
  "{{#each this}}{{/each}}",
  "</script><!--",
  "$&$`$'$1",
  "\u202e\u2066",
  "x: number; y",
  "a, b",
  "a*/}",
  "import(`x`)",
  "@generated from `x`",
  "{@link x}",
  "héllo wörld",
  "名前",
  "𝒳",
  " ",
  "\t",
  "core-gen:ipv4",
  "core-gen:record=",
];

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 4, arbitrary: fc.constantFrom(...attacks) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 200 }) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...words), fc.constantFrom(...attacks)).map((pair) => pair.join("")),
  },
);

/** What an object has to call by its name to be one; other names are anybody's choice. */
const fixed =
  /^(?:|license|LICENSE|version|int|char|\.(?:BTF|BTF\.ext|maps|text|symtab|strtab|kconfig|ksyms|struct_ops(?:\.link)?|rel\.BTF.*|addr_space\.1)|type|key|value|values|(?:key|value)_size|max_entries|map_(?:flags|extra)|pinning|numa_node)$/u;
const dataSection = /^\.(?:data|rodata|bss)/u;

const originals = ["golden", "objects"].flatMap((folder) => {
  const url = new URL(`../${folder}/`, import.meta.url);
  return readdirSync(url)
    .filter((file) => file.endsWith(".bpf.o"))
    .map((file) => openObject(readFileSync(new URL(file, url)), { what: file }))
    .filter(({ btf, littleEndian }) => btf !== undefined && littleEndian)
    .map(({ elf }) => ({ file: elf.what, bytes: stripDebugInfo(elf) }))
    .filter(({ bytes }) => bytes.length <= LARGEST);
});

/** An object, which of its names are exchanged, and for what: the n-th name that is new gets the n-th. */
const renaming = fc.record({
  original: fc.constantFrom(...originals),
  names: fc.array(name, { minLength: 1, maxLength: 60 }),
  kept: fc.integer({ min: 0, max: 3 }),
});

function renamed({
  original,
  names,
  kept,
}: {
  original: { bytes: Uint8Array };
  names: string[];
  kept: number;
}): Uint8Array {
  const given = new Map<string, string>();
  return renameNames(original.bytes, (old) => {
    const known = given.get(old);
    if (known !== undefined) return known;
    const wanted = (names[given.size % names.length] ?? "").replaceAll("\0", "");
    const isKept = fixed.test(old) || wanted === "" || given.size % 4 < kept;
    // A section of data has to stay one.
    const changed = isKept ? old : dataSection.test(old) ? `${old}.${wanted}` : wanted;
    given.set(old, changed);
    return changed;
  });
}

it(`${COUNT} renamed objects become modules that do nothing`, { timeout: 3_600_000 }, async () => {
  expect(originals.length).toBeGreaterThan(20);
  const globals = Object.getOwnPropertyNames(globalThis).sort();
  const prototype = Object.getOwnPropertyNames(Object.prototype).sort();
  const printed = vi.spyOn(console, "log");
  let batch = new Map<string, string>();
  const counts = { generated: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(renaming, async (choice) => {
      const text = await generate(renamed(choice));
      if (text === undefined) {
        counts.refused++;
        return;
      }
      counts.generated++;
      expect(findCode(text)).toEqual([]);
      expect(Object.keys(evaluateModule(text)).filter((exported) => !/^\w+$/u.test(exported))).toEqual([]);
      batch.set(`module-${counts.generated}.ts`, text);
      if (batch.size < BATCH) return;
      expectCompiles(batch);
      batch = new Map();
    }),
    { numRuns: COUNT, seed: SEED, endOnFailure: true },
  );
  expectCompiles(batch);
  expect(Object.getOwnPropertyNames(globalThis).sort()).toEqual(globals);
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototype);
  expect(printed).not.toHaveBeenCalled();
  // What is refused has names that contradict each other: two maps in one, a section that no program can be in.
  expect(counts.generated, JSON.stringify(counts)).toBeGreaterThan(COUNT / 2);
  printed.mockRestore();
  process.stderr.write(`renamed objects: ${JSON.stringify(counts)}\n`);
});

it("names that every object has may be those of variables and maps", { timeout: 120_000 }, async () => {
  const object = originals.find(({ file }) => file === "targets.stripped.bpf.o");
  const renames: Readonly<Record<string, string>> = {
    events: "toString",
    hits: "hasOwnProperty",
    number: "constructor",
  };
  const text = await generate(renameNames(object!.bytes, (old) => renames[old] ?? old));
  expect(text).toContain("hasOwnProperty: [");
  expectCompiles(new Map([["inherited.ts", text!]]));
});

function expectCompiles(modules: ReadonlyMap<string, string>): void {
  const [wrong] = [...compile(modules)].filter(([, found]) => found.length > 0);
  if (wrong === undefined) return;
  const [file, problems] = wrong;
  expect.fail(`${JSON.stringify(problems)}\n${modules.get(file)?.split("\nconst OBJECT")[0] ?? ""}`);
}

/** A clear error is no harm either. */
async function generate(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return (await generateSkeleton(bytes)).text;
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}
