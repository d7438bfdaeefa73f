import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { expect, it } from "vitest";

import { insnLines, type LoadingMachine } from "../../src/cli/insn-lines.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { kernelVersionCode } from "../../src/runtime/kernel/kernel-version.ts";
import { asReferee, kernelBtfs, readKernel } from "./kernels.ts";
import { corpusObjects, describeWithReferee, refereeLines } from "./referee.ts";

/** Objects that libbpf loads, by kernel: measured, so that a loss can't hide among those that can't be compared. */
const AT_LEAST_EQUAL = 76;

describeWithReferee("what the kernel would get of the corpus's objects, line by line", { corpus: ["objects"] }, () => {
  it.each(kernelBtfs())("on $name", { timeout: 300_000 }, (kernel) => {
    const machine: LoadingMachine = {
      ...readKernel(kernel),
      version: kernelVersionCode(),
      mapsArrays: true,
      pageSize: Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" })),
      possibleCpus: possibleCpus(),
    };
    const counts = { objects: 0, programs: 0, instructions: 0 };
    for (const path of corpusObjects()) {
      const theirs = refereeLines(path, asReferee(kernel));
      if (theirs === undefined) continue;
      expect(ourLines(path, machine), basename(path)).toEqual(theirs);
      counts.objects++;
      counts.programs += theirs.filter((line) => line.startsWith("prog ")).length;
      counts.instructions += theirs.filter((line) => /^[0-9a-f]{16}/u.test(line)).length;
    }
    console.log(`${kernel.name}: equal to libbpf: ${JSON.stringify(counts)}`);
    expect(counts.objects).toBeGreaterThanOrEqual(AT_LEAST_EQUAL);
  });
});

/** Our lines, or our reason to refuse: an object that libbpf loads must not be refused. */
function ourLines(path: string, machine: LoadingMachine): string[] | string {
  try {
    return [...insnLines(openObject(readFileSync(path), { what: basename(path) }), machine)];
  } catch (error) {
    if (isCoreGenError(error)) return error.message;
    throw error;
  }
}
