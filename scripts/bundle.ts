import { build, type BuildOptions } from "esbuild";

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
  packages: "external",
  sourcemap: true,
  // The sources are in the package.
  sourcesContent: false,
};

const folders = ["btf", "object", "co-re", "runtime", "generator"];

// What entries share stands in files of its own, so that an app that imports two of them has one CoreGenError. All files
// lie two folders deep, from where templates and package.json are found; dist/index.js alone would hold the generator.
await build({
  ...common,
  entryPoints: ["index", ...folders.map((folder) => `${folder}/index`)].map((name) => `src/${name}.ts`),
  chunkNames: "shared/[name]-[hash]",
  outbase: "src",
  outdir: "dist",
});
// By itself: with the command among the entries, the parts that they share would be many and small.
await build({ ...common, entryPoints: ["src/cli/main.ts"], chunkNames: "[name]-[hash]", outdir: "dist/cli" });
