import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { expect, it } from "vitest";

import type { LoadingMachine } from "../../src/cli/insn-lines.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { asReferee, kernelBtfs } from "./kernels.ts";
import { machineWith, ourLinesWithRecords } from "./our-lines.ts";
import { corpusObjects, describeWithReferee, refereeLines } from "./referee.ts";

/** Objects that libbpf loads, by kernel: measured, so that a loss can't hide among those that can't be compared. */
const atLeastEqual = new Map([
  ["amd64 5.10", 91],
  ["amd64 6.1", 86],
  ["amd64 6.12", 88],
  ["arm64 6.12", 88],
]);
/** On kernels that differ from machine to machine. */
const AT_LEAST_EQUAL = 76;

describeWithReferee("what the kernel would get of the corpus's objects, line by line", { corpus: ["objects"] }, () => {
  it.each(kernelBtfs())("on $name", { timeout: 300_000 }, (kernel) => {
    const machine = machineWith(kernel);
    const counts = { objects: 0, programs: 0, instructions: 0, records: 0, maps: 0 };
    for (const path of corpusObjects()) {
      const theirs = refereeLines(path, { ...asReferee(kernel), info: true });
      if (theirs === undefined) continue;
      expect(ourLines(path, machine), basename(path)).toEqual(theirs);
      counts.objects++;
      counts.programs += theirs.filter((line) => line.startsWith("prog ")).length;
      counts.instructions += theirs.filter((line) => /^[0-9a-f]{16}/u.test(line)).length;
      counts.records += theirs.filter((line) => /^(?:func|line) /u.test(line)).length;
      counts.maps += theirs.filter((line) => line.startsWith("map ")).length;
    }
    console.log(`${kernel.name}: equal to libbpf: ${JSON.stringify(counts)}`);
    expect(counts.objects).toBeGreaterThanOrEqual(atLeastEqual.get(kernel.name) ?? AT_LEAST_EQUAL);
  });
});

/** Our lines, or our reason to refuse: an object that libbpf loads must not be refused. */
function ourLines(path: string, machine: LoadingMachine): string[] | string {
  try {
    return ourLinesWithRecords(openObject(readFileSync(path), { what: basename(path) }), machine);
  } catch (error) {
    if (isCoreGenError(error)) return error.message;
    throw error;
  }
}
