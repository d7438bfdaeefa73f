import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { describe, expect, it } from "vitest";

import { insnLines } from "../../src/cli/insn-lines.ts";
import { planStructOps } from "../../src/co-re/struct-ops-plan.ts";
import { isCoreGenError } from "../../src/errors.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { asReferee, kernelBtfs, readKernel, type KernelBtf } from "./kernels.ts";
import { machineWith } from "./our-lines.ts";
import { describeWithReferee, referee, refereeLines } from "./referee.ts";

/*
 * Maps of struct_ops as libbpf creates them: their lines and those of their programs, and the value that registers each,
 * byte for byte, on every kernel whose types are there.
 */

const root = join(import.meta.dirname, "../..");
const good = [
  "test/golden/congestion.bpf.o",
  "test/objects/struct-ops.stripped.bpf.o",
  // Only some kernels have these structs.
  "test/objects/struct-ops.dummy.stripped.bpf.o",
  "test/objects/struct-ops.scx.stripped.bpf.o",
];
const bad = ["missing", "missing-function", "wrong-size", "wrong-kind", "pointer", "reuse", "unused", "unknown"];

describeWithReferee("maps of struct_ops, as libbpf makes them", {}, () => {
  describe.each(kernelBtfs())("on $name", (kernel) => {
    it.each(good)("%s", (path) => {
      const object = read(path);
      const lines = ourLines(object, kernel);
      expect(lines).toEqual(refereeLines(join(root, path), asReferee(kernel)));
      if (lines !== undefined) expect(ourValues(object, kernel)).toEqual(theirValues(path, asReferee(kernel)));
    });

    it.each(bad)("struct-ops.%s is refused by both", (name) => {
      const path = `test/objects/struct-ops.${name}.stripped.bpf.o`;
      expect(ourLines(read(path), kernel)).toBeUndefined();
      expect(referee(join(root, path), asReferee(kernel)).end.status).toBe("load-error");
    });
  });
});

interface Value {
  readonly bytes: string;
  readonly slots: readonly (readonly [offset: number, program: string])[];
}

function read(path: string): BpfObject {
  return openObject(readFileSync(join(root, path)), { what: basename(path) });
}

/** Undefined where we refuse. */
function ourLines(object: BpfObject, kernel: KernelBtf): string[] | undefined {
  try {
    return [...insnLines(object, machineWith(kernel))];
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}

function ourValues(object: BpfObject, kernel: KernelBtf): Map<string, Value> {
  const { kernel: vmlinux } = readKernel(kernel);
  const { maps } = planStructOps(object, { isCreated: ({ autocreate }) => autocreate }, { vmlinux });
  return new Map(
    [...maps].map(([name, { image, functions }]) => {
      return [
        name,
        describeValue(
          image,
          functions.map(({ offset, program }) => [offset, program] as const),
        ),
      ];
    }),
  );
}

function theirValues(path: string, options: ReturnType<typeof asReferee>): Map<string, Value> {
  const { maps } = referee(join(root, path), options);
  return new Map(
    maps.flatMap(({ name, value, slots }) => (value === undefined ? [] : [[name, describeValue(value, slots ?? [])]])),
  );
}

function describeValue(bytes: Uint8Array, slots: Iterable<readonly [number, string]>): Value {
  return { bytes: Buffer.from(bytes).toString("hex"), slots: [...slots].sort(([a], [b]) => a - b) };
}
