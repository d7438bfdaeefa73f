import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { build, type BuildOptions, type Plugin } from "esbuild";

import { noticesOf } from "./notices.ts";

/*
 * Writes the JavaScript of dist; tsc writes the types. Bundled, because a hundred small modules take Node four times as
 * long to import as a few large ones, and that is most of what a loader's start takes.
 */

const common: BuildOptions = {
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  // The sources are in the package.
  sourcesContent: false,
};

const folders = ["btf", "object", "co-re", "runtime", "generator"];

// What entries share stands in files of its own, so that an app that imports two of them has one CoreGenError. All files
// lie two folders deep, from where templates and package.json are found; dist/index.js alone would hold the generator.
await build({
  ...common,
  packages: "external",
  entryPoints: ["index", ...folders.map((folder) => `${folder}/index`)].map((name) => `src/${name}.ts`),
  chunkNames: "shared/[name]-[hash]",
  outbase: "src",
  outdir: "dist",
});

/**
 * What yargs measures and wraps its help with is run when help is printed: three copies of string-width and their
 * regular expressions for emoji take 35 ms, where Node takes 80 to start.
 */
const lazyHelp: Plugin = {
  name: "lazy-help",
  setup(bundle) {
    // Go's syntax, which has no flags here.
    bundle.onResolve({ filter: /^(?:cliui|string-width)$/ }, async ({ path, kind, importer, resolveDir }) => {
      if (!importer.endsWith("/yargs/lib/platform-shims/esm.mjs") || kind !== "import-statement") return undefined;
      const resolved = await bundle.resolve(path, { kind: "require-call", resolveDir });
      return { path, namespace: "lazy", pluginData: resolved.path };
    });
    // What is required, esbuild runs when it gets there.
    bundle.onLoad(
      { filter: /.*/, namespace: "lazy" },
      ({ path, pluginData: file }: { path: string; pluginData: string }) => ({
        contents: `export default (...args) => require(${JSON.stringify(path)}).default(...args);`,
        resolveDir: dirname(file),
      }),
    );
  },
};

/**
 * After each command yargs keeps its help for `showHelp()`, which we never call: that would run what {@link lazyHelp} puts
 * off.
 */
const noHelpBehindCommands: Plugin = {
  name: "no-help-behind-commands",
  setup(bundle) {
    const call = "yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();";
    bundle.onLoad({ filter: /\/yargs\/build\/lib\/command\.js$/ }, ({ path }) => {
      const code = readFileSync(path, "utf8");
      if (!code.includes(call)) throw new Error(`${path} does not call cacheHelpMessage() any more`);
      return { contents: code.replace(call, ""), resolveDir: dirname(path) };
    });
  },
};

const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));
// Our own package.json: it has dependencies.
const dependencies = Object.keys((manifest as { dependencies: object }).dependencies);

// By itself: with the command among the entries, the parts that they share would be many and small. With yargs in it:
// finding and reading its forty files takes Node another 35 ms.
const command = await build({
  ...common,
  external: dependencies,
  plugins: [lazyHelp, noHelpBehindCommands],
  metafile: true,
  entryPoints: ["src/cli/main.ts"],
  chunkNames: "[name]-[hash]",
  outdir: "dist/cli",
});
writeFileSync("dist/cli/NOTICES.txt", noticesOf(Object.keys(command.metafile.inputs)));
