/*
 * Runs test/kernels/suite.ts under real kernels in virtual machines, and prints what failed where.
 *
 *   npm run test:kernels                      all of 5.10, 6.1, 6.12 and newest
 *   npm run test:kernels -- 5.10 6.1          some; "host" is this machine's own kernel, without a VM
 *   npm run test:kernels -- --suite hooks     every way to attach, hooks-suite.ts
 *   npm run test:kernels -- --suite verdicts  the corpus's programs beside libbpf, verdicts-suite.ts: minutes per kernel
 *   npm run test:kernels -- --hooks FILE      with --suite hooks, also writes the table of what fires where, and fails where it has changed
 *   npm run test:kernels -- --suite tools     bcc's libbpf-tools beside /proc, tools-suite.ts
 *   npm run test:kernels -- --suite features  what each kernel can, beside bpftool, features-suite.ts
 *   npm run test:kernels -- --summary FILE    also writes {"passed": N, "failed": N} there
 *
 * README.md says what the machine needs. Exit status 1 when any check failed anywhere.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { checkThatCrashesAreSurvived } from "./emulator-crash.ts";
import { updateHooksTable } from "./hooks-table.ts";
import { makeSkeletons } from "./tools/make-skeletons.ts";

const root = join(import.meta.dirname, "../..");
// Below node_modules, so that its `import "koffi"` finds the project's koffi.
const cache = join(root, "node_modules/.cache/core-gen");
const bundle = join(cache, "kernel-suite.mjs");

/** What runs, and how many seconds it may take in an emulated machine. */
const suites = new Map([
  ["suite", 300],
  ["hooks", 600],
  ["verdicts", 1800],
  ["features", 900],
  ["tools", 600],
]);

/** What run-in-kernel says when QEMU itself fails, which says nothing about the kernel or the suite. */
const EMULATOR_CRASHED = "123";

/** One kernel's part of the outcome. */
interface Outcome {
  readonly kernel: string;
  readonly passed: number;
  readonly failures: readonly string[];
  readonly seconds: number;
  /** Lines that begin with "# ": what a suite has counted. */
  readonly notes: readonly string[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { summary: { type: "string" }, hooks: { type: "string" }, suite: { type: "string", default: "suite" } },
});
const timeLimit = suites.get(values.suite);
if (timeLimit === undefined) throw new Error(`--suite is one of ${[...suites.keys()].join(", ")}`);
const kernels = positionals.length > 0 ? positionals : ["5.10", "6.1", "6.12", "newest"];

await bundleSuite();
const outcomes: Outcome[] = [];
// One after the other: an emulated machine keeps two cores busy.
for (const kernel of kernels) outcomes.push(report(await runUnder(kernel)));
const changes = values.hooks === undefined ? [] : await updateHooksTable(values.hooks, outcomes);
if (changes.length > 0) outcomes.push(report({ kernel: "hooks", passed: 0, failures: changes, seconds: 0, notes: [] }));
const emulated = kernels.find((kernel) => kernel !== "host");
if (emulated !== undefined && values.suite === "suite") outcomes.push(report(crashesAreSurvived(emulated)));
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failures.length, 0);
console.log(`${kernels.length} kernels: ${passed} checks ok, ${failed} not ok`);
if (values.summary !== undefined) writeFileSync(values.summary, JSON.stringify({ passed, failed }));
process.exitCode = failed === 0 ? 0 : 1;

async function bundleSuite(): Promise<void> {
  await build({
    entryPoints: [await entryPoint()],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["koffi"],
    // The examples' skeletons import the package by its name; under test that is the sources.
    alias: { "core-gen/runtime": join(root, "src/runtime/index.ts") },
    logLevel: "warning",
  });
}

async function entryPoint(): Promise<string> {
  if (values.suite === "tools") return makeSkeletons(join(cache, "tools"));
  return join(import.meta.dirname, values.suite === "suite" ? "suite.ts" : `${values.suite}-suite.ts`);
}

async function runUnder(kernel: string): Promise<Outcome> {
  const node = [process.execPath, "--enable-source-maps", bundle];
  const command =
    kernel === "host"
      ? node
      : [join(import.meta.dirname, "run-in-kernel"), kernel, "--timeout", String(timeLimit), "--", ...node];
  const started = performance.now();
  let { output, status } = await run(command);
  // Every machine begins afresh, so what a crash of the emulator cut short can be done again.
  if (status === EMULATOR_CRASHED) ({ output, status } = await run(command));
  const seconds = (performance.now() - started) / 1000;
  return { kernel, seconds, ...readResults(output, status) };
}

function crashesAreSurvived(kernel: string): Outcome {
  const started = performance.now();
  const failures = checkThatCrashesAreSurvived(kernel);
  const seconds = (performance.now() - started) / 1000;
  return { kernel: "crashes", passed: failures.length === 0 ? 1 : 0, failures, seconds, notes: [] };
}

function run([file, ...args]: string[]): Promise<{ output: string; status: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file!, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ output, status: signal ?? String(code) }));
  });
}

/** Reads the lines that check.ts prints. A suite that did not come to its end has failed, whatever it said before. */
function readResults(output: string, status: string): Pick<Outcome, "passed" | "failures" | "notes"> {
  const lines = output.split("\n");
  const passed = lines.filter((line) => line.startsWith("ok ")).length;
  const failures = lines.filter((line) => line.startsWith("not ok ")).map((line) => line.slice("not ok ".length));
  const complete = lines.includes(`done ${passed + failures.length}`) && status === (failures.length > 0 ? "1" : "0");
  const notes = lines.filter((line) => line.startsWith("# "));
  if (complete) return { passed, failures, notes };
  return {
    passed,
    notes,
    failures: [...failures, `the suite ended early with status ${status}; its output:\n${output}`],
  };
}

function report(outcome: Outcome): Outcome {
  const { kernel, passed, failures, seconds, notes } = outcome;
  console.log(`${kernel.padEnd(8)}${passed} ok, ${failures.length} not ok, ${seconds.toFixed(1)} s`);
  for (const note of notes) console.log(`  ${note}`);
  for (const failure of failures) console.log(`  not ok ${failure}`);
  return outcome;
}
