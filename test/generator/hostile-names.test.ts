import { readFileSync } from "node:fs";
import fc from "fast-check";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { generateSkeleton } from "../../src/generator/index.ts";
import { evaluateModule, specOf } from "./support/evaluate.ts";

/*
 * Names are bytes out of a file that anybody may have made. Here they are what an attacker would write: the module must
 * still be a module, and running it must run nothing of them.
 */

const object = readFileSync(new URL("../golden/names.bpf.o", import.meta.url));
const placeholders = [...new Set(latin1(object).match(/name_of_\w{16}/gu))];

describe("hostile names", { timeout: 60_000 }, () => {
  it("are put into every name of the object", () => {
    expect(placeholders).toHaveLength(12);
  });

  it.each([
    "*/globalThis.p=1;/*",
    "`;globalThis.p=1;`",
    "${globalThis.p=1}",
    '";globalThis.p=1;"',
    "'+(globalThis.p=1)+'",
    "\nglobalThis.p=1\n",
    "\u2028globalThis.p=1;",
    "\\u0022;globalThis.p=1",
    "{{#each this}}{{/each}}",
    "{{> enum}}",
    "</script>",
    "$&$`$'$1",
    "\u202e\u2066 hidden",
    "{[<a b>](c)=>d;@e#f%",
  ])("%j does no harm in any name", async (payload) => {
    expect(await expectHarmless((_placeholder, i) => `${payload.slice(0, 20)}${i}`)).toBe("generated");
  });

  it.each(placeholders)(
    "%s may be a word of JavaScript",
    async (placeholder) => {
      for (const word of [
        "__proto__",
        "constructor",
        "class",
        "await",
        "Codec",
        "u32",
        "OBJECT",
        "0",
        "toString",
        "default",
      ]) {
        expect(await expectHarmless((other) => (other === placeholder ? word : other))).toBe("generated");
      }
    },
    60_000,
  );

  it("may be any bytes", async () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 12, maxLength: 12 }), async (names) => {
        await expectHarmless((_name, i) => names[i] ?? "");
      }),
      { numRuns: 40 },
    );
  });

  it("are the properties of the module's literal, as they are", async () => {
    const { text } = await generateSkeleton(
      withNames((name) => (name.startsWith("name_of_map") ? "__proto__" : `${name.slice(8)}"*/`)),
    );
    const spec = specOf(evaluateModule(text));
    expect(Object.keys(spec.maps)).toEqual(["__proto__"]);
    expect(spec.progs).toEqual(['program_________"*/']);
    expect(Object.keys(spec.globals["data_section____________"]?.fields ?? {})).toEqual(['variable________"*/']);
  });
});

type Rename = (placeholder: string, index: number) => string | Uint8Array;

/** A clear error is no harm either. */
async function expectHarmless(rename: Rename): Promise<"generated" | "refused"> {
  const text = await generate(withNames(rename));
  if (text === undefined) return "refused";
  expect(() => transformSync(text, { loader: "ts" })).not.toThrow();
  const exported = Object.keys(evaluateModule(text));
  expect(exported.filter((name) => !/^\w+$/u.test(name))).toEqual([]);
  expect("p" in globalThis, "code from a name ran").toBe(false);
  return "generated";
}

async function generate(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return (await generateSkeleton(bytes)).text;
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}

/** Overwrites the names in the object; shorter ones end with NULs. */
function withNames(rename: Rename): Uint8Array {
  const bytes = new Uint8Array(object);
  placeholders.forEach((placeholder, i) => {
    const renamed = rename(placeholder, i);
    const name = (typeof renamed === "string" ? new TextEncoder().encode(renamed) : renamed).subarray(
      0,
      placeholder.length,
    );
    const padded = new Uint8Array(placeholder.length);
    padded.set(name);
    const text = latin1(bytes);
    for (let at = text.indexOf(placeholder); at >= 0; at = text.indexOf(placeholder, at + 1)) bytes.set(padded, at);
  });
  return bytes;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
