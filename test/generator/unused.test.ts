import { readFileSync } from "node:fs";
import * as esbuild from "esbuild";
import type { Plugin } from "esbuild";
import { describe, expect, it } from "vitest";

/** The golden modules as files of an app: our own package.json, with its `sideEffects: false`, is not theirs. */
const golden: Plugin = {
  name: "golden",
  setup(build) {
    build.onResolve({ filter: /\.skel\.ts$/ }, ({ path }) => ({ path, namespace: "golden" }));
    build.onLoad({ filter: /./, namespace: "golden" }, ({ path }) => ({
      contents: readFileSync(new URL(`../golden/${path}`, import.meta.url), "utf8"),
      loader: "ts",
    }));
  },
};

/** What a bundler keeps of an app that imports a generated module and does this with it. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, loader: "ts" },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    external: ["core-gen/runtime"],
    plugins: [golden],
  });
  return outputFiles[0]!.text.trim();
}

describe("what nobody uses of a generated module", () => {
  it.each(["maps", "types", "records"])("is dropped by bundlers: nothing of %s is left", async (name) => {
    expect(await bundle(`import "./${name}.skel.ts";`)).toMatch(/^import\{[\w, ]*\}from"core-gen\/runtime";$/u);
  });

  it("leaves an enum that somebody does use, without the object", async () => {
    const text = await bundle('import { Verdict } from "./maps.skel.ts"; console.log(Verdict.DROP);');
    expect(text).toContain("DROP:7");
    expect(text.length).toBeLessThan(200);
  });
});
