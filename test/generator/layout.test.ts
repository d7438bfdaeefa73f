import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import { openObject } from "../../src/object/open.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { randomStructs } from "./layouts/random-structs.ts";
import { evaluateModule, specOf } from "./support/evaluate.ts";

/*
 * clang is the judge: it lays out random values of random structs as the initial contents of .data, in both byte
 * orders. What a generated reader makes of those bytes must be the values, and a writer must make the same bytes again.
 */

const { source, expected } = randomStructs(20260801, 80);
const folder = new URL("layouts/", import.meta.url);

describe("generated readers and writers", () => {
  it("are tested against the source that random-structs.ts makes", async () => {
    await expect(source).toMatchFileSnapshot(new URL("layouts.bpf.c", folder).pathname);
  });

  it.each(["el", "eb"])(
    "agree with clang about every layout (bpf%s)",
    async (order) => {
      const file = new URL(`layouts-${order}.bpf.o`, folder);
      expect(existsSync(file), "layouts/make.sh makes it").toBe(true);
      const bytes = readFileSync(file);
      const { text } = await generateSkeleton(bytes, { fileName: "layouts.bpf.o" });
      const spec = specOf(evaluateModule(text));
      const { littleEndian, maps } = openObject(bytes);
      let checked = 0;
      for (const { section, fields } of Object.values(spec.globals)) {
        const contents = maps.find(({ name }) => name === section)!.data!.contents;
        for (const [name, [offset, codec]] of Object.entries(fields)) {
          const value = codec.read(new Memory(contents, littleEndian), offset);
          expect(value, name).toMatchObject(expected.get(name)!);
          expect(encode(codec, value, littleEndian), name).toEqual(contents.subarray(offset, offset + codec.size));
          checked++;
        }
      }
      expect(checked).toBe(expected.size);
    },
    60_000,
  );
});

/** Written over ones: what a writer leaves alone would show. */
function encode(
  codec: { size: number; write(to: Memory, at: number, value: unknown): void },
  value: unknown,
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array(codec.size).fill(0xff);
  codec.write(new Memory(bytes, littleEndian), 0, value);
  return bytes;
}
