import { fileURLToPath } from "node:url";

import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    // Generated modules and examples import the package by its name; under test that is the sources, not dist.
    alias: [
      { find: /^core-gen$/, replacement: source("index.ts") },
      { find: /^core-gen\/(btf|object|co-re|runtime)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    // Native code (koffi) and /proc/self/fd: a process of its own per file, never a thread of a shared one.
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/kernel/**", "test/referee/**"],
          // Some start the CLI or a compiler; the default of 5 s is short on a busy machine.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // Compares with libbpf: see test/referee/README.md.
          name: "referee",
          include: ["test/referee/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          // The real bpf() of this machine. Leak checks compare the whole kernel's programs, maps and links before and
          // after each test, so nothing else may run meanwhile: one file after the other, after all other projects.
          name: "kernel",
          include: ["test/kernel/**/*.test.ts"],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

export default config;
