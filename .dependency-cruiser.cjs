// The arrows between the folders of src, as rules. ARCHITECTURE.md has the picture.

/** Everything but these paths below src, and nothing from outside the project. */
const onlySrc = (...folders) => ({ pathNot: folders.map((folder) => `^src/${folder}`) });

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two files that need each other are one file, or a third is missing. Types count too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unresolved",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "btf-is-alone",
      comment: "src/btf is the type format and nothing else: no node:, no npm package, no other folder.",
      severity: "error",
      from: { path: "^src/btf/" },
      to: onlySrc("btf/", "errors\\.ts$"),
    },
    {
      name: "object-is-pure",
      comment: "src/object stands on src/btf: no node:, no npm package.",
      severity: "error",
      from: { path: "^src/object/" },
      to: onlySrc("object/", "btf/", "errors\\.ts$"),
    },
    {
      name: "co-re-is-pure",
      comment: "src/co-re stands on src/object and src/btf: no node:, no npm package.",
      severity: "error",
      from: { path: "^src/co-re/" },
      to: onlySrc("co-re/", "object/", "btf/", "errors\\.ts$"),
    },
    {
      name: "errors-stand-alone",
      severity: "error",
      from: { path: "^src/errors\\.ts$" },
      to: {},
    },
    {
      name: "runtime-arrows",
      comment: "src/runtime never knows the generator or the CLI.",
      severity: "error",
      from: { path: "^src/runtime/" },
      to: { path: "^src/", pathNot: "^src/(runtime|co-re|object|btf)/|^src/errors\\.ts$" },
    },
    {
      name: "runtime-needs-koffi-alone",
      comment: "What generated code imports must stay small: koffi and Node itself.",
      severity: "error",
      from: { path: "^src/runtime/" },
      to: { pathNot: "^src/|(^|/)node_modules/koffi/", dependencyTypesNot: ["core"] },
    },
    {
      name: "koffi-lives-in-sys",
      comment: "src/runtime/sys is the only folder that knows koffi.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/runtime/sys/" },
      to: { path: "(^|/)node_modules/koffi/" },
    },
    {
      name: "generator-arrows",
      comment: "src/generator writes text; it never touches the kernel, and the runtime and it never meet.",
      severity: "error",
      from: { path: "^src/generator/" },
      to: { path: "^src/", pathNot: "^src/(generator|object|btf)/|^src/errors\\.ts$" },
    },
    {
      name: "nobody-imports-the-cli",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "src-stands-alone",
      comment: "Sources never import tests, examples, scripts or benchmarks.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|examples|scripts|bench)/" },
    },
    {
      name: "no-dev-dependency-in-src",
      comment:
        "What src imports is installed with the package, apart from yargs, which scripts/bundle.ts puts into dist/cli.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "^node_modules/yargs/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
