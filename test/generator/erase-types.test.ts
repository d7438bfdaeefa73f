import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { expect, it } from "vitest";

import { eraseTypes } from "../../src/generator/erase-types.ts";

const root = join(import.meta.dirname, "../..");
const modules = ["test/golden", "test/objects", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".skel.ts"))
    .map((file) => join(folder, file)),
);

it.each(modules)("leaves of %s what esbuild leaves", async (file) => {
  const source = readFileSync(join(root, file), "utf8");
  const erased = await eraseTypes(source);
  expect((await transform(erased, { loader: "js" })).code).toBe((await transform(source, { loader: "ts" })).code);
  expect(erased.split("\n").length).toBe(source.split("\n").length);
});
