import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeBinaries } from "../crash/nodes.ts";
import { describeWithKernel } from "../support/kernel.ts";

/*
 * Mapped memory, poll handles and descriptors of one process, used in ways that would be a SIGSEGV if something went
 * wrong: test/crash/scenarios.ts, each scenario in a process of its own, on the versions of Node of CORE_GEN_NODES.
 */

const root = join(import.meta.dirname, "../..");
const patienceMs = 240_000;

/** What Node itself ends with after an exception that nobody catches. */
const uncaught = "exception that nobody catches";
const names = [
  "use after close",
  "close in every order",
  "close inside of handlers",
  "abort during wait",
  "exit during wait",
  "exit in a handler",
  "exception in a handler",
  uncaught,
  "1,000 readers dropped",
  "views that outlive the skeleton",
  "workers terminated during wait",
  "workers that end by themselves",
];

let folder = "";

beforeAll(() => {
  // Below node_modules, from where koffi is found.
  const cache = join(root, "node_modules/.cache/core-gen");
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "crash-"));
  buildSync({
    entryPoints: [join(root, "test/crash/scenarios.ts")],
    outfile: join(folder, "scenarios.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    alias: { "core-gen/runtime": join(root, "src/runtime/index.ts") },
  });
});
afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true });
});

// What a process leaves behind goes with it, but not at once: other tests count what is there.
describeWithKernel("a process survives", { leakCheck: false }, () => {
  describe.each(nodeBinaries())("Node $version", ({ path }) => {
    it.each(names)(
      "%s",
      (name) => {
        const child = spawnSync(path, ["--expose-gc", join(folder, "scenarios.mjs"), name], {
          encoding: "utf8",
          timeout: patienceMs,
          killSignal: "SIGKILL",
        });
        expect(child, child.stderr).toMatchObject({
          status: name === uncaught ? 1 : 0,
          signal: null,
          stdout: "survived\n",
        });
      },
      patienceMs + 10_000,
    );
  });
});
