import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Btf } from "../../src/btf/btf.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { mapTypes } from "../../src/object/bpf-enums.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../src/object/model.ts";
import { objectNameOf } from "../../src/object/map-names.ts";
import { mapParams } from "../../src/object/map-params.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { openObject } from "../../src/object/open.ts";
import { asReferee, kernelBtfs, readKernel, type KernelBtf } from "./kernels.ts";
import { ourPrograms, type OurProgram } from "./our-lines.ts";
import {
  acceptedByBpftool,
  corpusObjects,
  describeWithReferee,
  referee,
  refereeEachProgram,
  type RefereeMap,
  type RefereeProgram,
  type RefereeResult,
} from "./referee.ts";

const read = (path: string): BpfObject => openObject(readFileSync(path), { what: basename(path) });

const committed = [
  "examples/execsnoop/execsnoop.bpf.o",
  "examples/opencount/opencount.bpf.o",
  "test/objects/linking.bpf.o",
  "test/objects/maps.bpf.o",
  "test/objects/inner-maps.bpf.o",
  "test/objects/map-kinds.bpf.o",
  "test/objects/map-settings.bpf.o",
  "test/objects/arena.bpf.o",
  "test/objects/arena.fixed.bpf.o",
];
const root = join(import.meta.dirname, "../..");

describeWithReferee("the examples, as libbpf loads them", {}, () => {
  describe.each(kernelBtfs())("on $name", (kernel) => {
    it.each(committed)("%s", (path) => {
      const theirs = referee(join(root, path), { ...asReferee(kernel), info: true, everyProgram: true });
      expect(theirs.end).toEqual({ status: "ok" });
      const object = read(join(root, path));
      const ours = ourPrograms(object, readKernel(kernel).target);
      expect(ours).toHaveLength(theirs.programs.length);
      for (const [index, program] of theirs.programs.entries()) expect(ours[index]).toEqual(inOurWords(program));
      expectSameMaps(object, theirs.maps);
      expect(theirs.maps).toHaveLength(object.maps.length);
    });
  });
});

describeWithReferee("the corpus", { corpus: ["objects"], bpftool: true }, () => {
  const opened = corpusObjects().map((path) => ({ path, object: openOrRefuse(path) }));

  it("has the objects opened of which bpftool makes a skeleton, and no others", () => {
    const paths = opened.filter(({ object }) => object !== undefined).map(({ path }) => basename(path));
    expect(paths).toEqual(acceptedByBpftool().map((path) => basename(path)));
  });

  it.each(kernelBtfs())("is loaded as libbpf loads it, on $name", (kernel) => {
    const vmlinux = readKernel(kernel).target;
    const outcomes = opened.flatMap(({ path, object }) => {
      if (object?.littleEndian !== true) return [];
      return compareObject(object, refereeOf(path, kernel), vmlinux);
    });
    const { equal = 0, ...others } = countBy(outcomes);
    expect(outcomes).toHaveLength(PROGRAMS);
    expect(equal).toBeGreaterThanOrEqual(atLeastEqual.get(kernel.name) ?? AT_LEAST_EQUAL);
    expect(Object.keys(others).filter((reason) => !knownReasons.has(reason))).toEqual([]);
  });
});

/** In the little-endian objects that we open. */
const PROGRAMS = 448;

const machine = { pageSize: 4096, possibleCpus: possibleCpus(), mapsArrays: true };

/** How many programs must be equal: what was measured, so that a loss can't hide among those that can't be compared. */
const atLeastEqual = new Map([
  ["amd64 5.10", 400],
  ["amd64 6.1", 393],
  ["amd64 6.12", 394],
]);
/** On kernels that differ from machine to machine. */
const AT_LEAST_EQUAL = 369;

/** Why a program can't be compared. */
const knownReasons = new Set([
  "libbpf refuses: prog '…': missing BPF prog type, check ELF section name '…'",
  // freplace: libbpf wants to be told what it replaces.
  "libbpf refuses: prog '…': attach program FD is not set",
  "libbpf refuses: prog '…': failed to find kernel BTF type ID of '…': -ESRCH",
  // A pinned map, where no bpffs is mounted.
  "libbpf refuses: specified path /sys/fs/bpf/xdp_stats_map is not on BPF FS",
]);

function openOrRefuse(path: string): BpfObject | undefined {
  try {
    return read(path);
  } catch (error) {
    if (isCoreGenError(error)) return undefined;
    throw error;
  }
}

/** What libbpf makes of each program: of all together, or, where it refuses that, of each alone. */
function refereeOf(path: string, kernel: KernelBtf): (program: string) => RefereeResult {
  const whole = referee(path, { ...asReferee(kernel), info: true, everyProgram: true });
  if (whole.end.status === "ok") return () => whole;
  const each = refereeEachProgram(path, { ...asReferee(kernel), info: true });
  return (program) => each.get(program) ?? whole;
}

function compareObject(object: BpfObject, resultOf: (program: string) => RefereeResult, vmlinux: Btf): string[] {
  return object.programs.map((program) => {
    const result = resultOf(program.name);
    const theirs = result.programs.find(({ name }) => name === program.name);
    const ours = ourOutcome(object, program, vmlinux);
    if (typeof ours === "string") return theirs === undefined ? `${ours}, libbpf refuses, too: ${why(result)}` : ours;
    if (theirs === undefined) return `libbpf refuses: ${why(result)}`;
    expect(ours, `${object.elf.what} ${program.name}`).toEqual(inOurWords(theirs));
    expectSameMaps(object, result.maps);
    return "equal";
  });
}

function ourOutcome(object: BpfObject, program: BpfProgram, vmlinux: Btf): OurProgram | string {
  try {
    return ourPrograms(object, vmlinux, [program])[0]!;
  } catch (error) {
    if (isCoreGenError(error)) return error.code;
    throw error;
  }
}

function why({ warnings }: RefereeResult): string {
  return warnings[0]!.replace(/libbpf: /u, "").replaceAll(/'[^']*'/gu, "'…'");
}

function inOurWords(program: RefereeProgram): OurProgram {
  const { name, section, type, funcInfo, lineInfo, mapAt } = program;
  const hex = Buffer.from(program.code).toString("hex");
  // libbpf gives USDT programs the attach type of uprobe.multi where the kernel has it; our loader decides that.
  const expectedAttachType = section.startsWith("usdt") ? 0 : program.expectedAttachType;
  return { name, section, type, expectedAttachType, funcInfo, lineInfo, insns: hex.match(/.{16}/gu) ?? [], mapAt };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Compares what our loader would create with what libbpf creates; its struct_ops maps come after ours. */
function expectSameMaps(object: BpfObject, theirs: readonly RefereeMap[]): void {
  for (const [index, map] of object.maps.entries()) {
    expect(ourFacts(object, map), `${object.elf.what} ${map.name}`).toEqual(theirFacts(theirs[index]!));
  }
}

function ourFacts(object: BpfObject, def: MapDef): unknown {
  const params = mapParams(def, objectNameOf(object), machine);
  const { name, keySize, valueSize, maxEntries, flags, keyTypeId, valueTypeId } = params;
  return {
    ...{ name, type: mapTypes[def.type], keySize, valueSize, maxEntries, keyTypeId, valueTypeId },
    flags,
    extra: def.mapExtra,
    hasInnerMap: def.inner !== undefined,
    // What the kernel says of itself is kconfig.test.ts's.
    data: def.data && def.data.kind !== "kconfig" ? Buffer.from(def.data.contents).toString("hex") : undefined,
  };
}

function theirFacts(map: RefereeMap): unknown {
  const { keySize, valueSize, maxEntries, flags, extra, hasInnerMap, data } = map;
  return {
    ...{ name: map.kernelName, type: mapTypes[map.type], keySize, valueSize, maxEntries },
    ...{ keyTypeId: map.btfKeyTypeId, valueTypeId: map.btfValueTypeId, flags, extra, hasInnerMap },
    data: data && !map.kernelName.endsWith(".kconfig") ? Buffer.from(data).toString("hex") : undefined,
  };
}
