import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { generateSkeleton } from "../../src/generator/index.ts";
import { parseElf } from "../../src/object/elf/elf.ts";

const objects = ["maps", "types", "records"].map((name) =>
  readFileSync(new URL(`../golden/${name}.bpf.o`, import.meta.url)),
);

it("of a damaged object is a module, or one clear error", { timeout: 60_000 }, async () => {
  const damage = fc.record({ place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...objects),
      fc.boolean(),
      fc.array(damage, { minLength: 1, maxLength: 8 }),
      async (object, types, damages) => {
        const bytes = new Uint8Array(object);
        // Half of the damage is done to the types: elsewhere most of it ends at the first check.
        const target = types ? sectionIn(bytes, ".BTF") : bytes;
        for (const { place, byte } of damages) target[Math.floor(place * target.length)] = byte;
        const text = await generate(bytes);
        if (text !== undefined) expect(() => transformSync(text, { loader: "ts" })).not.toThrow();
      },
    ),
    { numRuns: 200 },
  );
});

it("of an object that is cut off is one clear error, wherever it is cut", async () => {
  const [object] = objects;
  for (let i = 0; i < 50; i++) {
    const length = Math.floor((object!.length * i) / 50);
    await expect(generateSkeleton(object!.subarray(0, length), { fileName: "cut.bpf.o" })).rejects.toMatchObject({
      code: "bad-elf",
      message: expect.stringContaining("cut.bpf.o") as string,
    });
  }
});

function sectionIn(bytes: Uint8Array, name: string): Uint8Array {
  return parseElf(bytes).section(name)!.data;
}

async function generate(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return (await generateSkeleton(bytes)).text;
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}
