import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import { CloseStack } from "../src/runtime/close-stack.ts";
import { u32, u64 } from "../src/runtime/codecs.ts";
import type { MapHandle } from "../src/runtime/maps/bpf-map.ts";
import { ArrayMap } from "../src/runtime/maps/array-map.ts";
import { HashMap } from "../src/runtime/maps/hash-map.ts";
import { PerCpuArrayMap } from "../src/runtime/maps/per-cpu-array-map.ts";
import { mapTypes, type MapTypeName } from "../src/object/bpf-enums.ts";
import { Attr, BPF_MAP_CREATE, bpfOrThrow } from "../src/runtime/sys/bpf.ts";
import { Fd } from "../src/runtime/sys/fd.ts";
import { libbpf } from "../test/referee/referee.ts";
import { row, spreadOf, type Spread } from "./compare.ts";

const BPF_F_MMAPABLE = 0x400;

/** Nanoseconds of each operation on one element, by its name. */
type Times = Map<string, number>;

/**
 * Operations on maps, beside a C program on libbpf that decodes the same, in turns: u32 keys and u64 values, `entries`
 * of them, which the kernel copies. Needs root, gcc and `npm run referee:build`.
 */
export function benchMaps(rounds = 7, entries = 100_000, calls = 200_000): void {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-bench-"));
  try {
    const program = compileTheirs(folder);
    const theirs: Times[] = [];
    const ours: Times[] = [];
    runOurs(entries, calls);
    for (let round = 0; round < rounds; round++) {
      theirs.push(runTheirs(program, entries, calls));
      ours.push(runOurs(entries, calls));
    }
    report(theirs, ours, entries);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileTheirs(folder: string): string {
  const out = join(folder, "maps");
  const { include, archive } = libbpf();
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const sources = [file("maps.c"), file("../test/referee/isoc23.c")];
  execFileSync("gcc", ["-O2", "-o", out, ...sources, `-I${include}`, archive, "-lelf", "-lz"]);
  return out;
}

function runTheirs(program: string, entries: number, calls: number): Times {
  const printed = execFileSync(program, [`${entries}`, `${calls}`], { encoding: "utf8" })
    .trim()
    .split("\n");
  return new Map(
    printed.map((line) => {
      const [, name = "", time] = /^(.*) ([\d.]+)$/u.exec(line) ?? [];
      return [name, Number(time)];
    }),
  );
}

/** What the values were, so that reading them can't be left out. */
const seen: { value: unknown; keys: number } = { value: undefined, keys: 0 };

function runOurs(entries: number, calls: number): Times {
  using made = new CloseStack();
  const hash = new HashMap(make(made, "hash", entries, 0), u32, u64);
  const array = new ArrayMap(make(made, "array", entries, 0), u64);
  const perCpu = new PerCpuArrayMap(make(made, "percpu_array", 1024, 0), u64);
  const shared = new ArrayMap(make(made, "array", entries, BPF_F_MMAPABLE), u64);
  const times: Times = new Map();
  const measure = (name: string, count: number, run: () => void): void => {
    const start = performance.now();
    run();
    times.set(name, ((performance.now() - start) * 1e6) / count);
  };
  measure("setMany", entries, () => hash.setMany(numbered(entries)));
  measure("lookup", calls, () => {
    for (let i = 0; i < calls; i++) seen.value = hash.get(i % entries);
  });
  measure("update", calls, () => {
    for (let i = 0; i < calls; i++) hash.set(i % entries, BigInt(i));
  });
  measure("array", calls, () => {
    for (let i = 0; i < calls; i++) seen.value = array.get(i % entries);
  });
  measure("per-CPU", calls, () => {
    for (let i = 0; i < calls; i++) seen.value = perCpu.get(i % 1024);
  });
  measure("batch", entries, () => {
    hash.forEach((value, key) => {
      seen.value = value;
      seen.keys += key;
    });
  });
  measure("batch values()", entries, () => {
    for (const value of hash.values()) seen.value = value;
  });
  measure("batch [key, value]", entries, () => {
    for (const entry of hash) seen.value = entry;
  });
  measure("array batch", entries, () => {
    for (const value of array) seen.value = value;
  });
  measure("mapped", calls, () => {
    for (let i = 0; i < calls; i++) seen.value = shared.get(i % entries);
  });
  return times;
}

function* numbered(count: number): Generator<[number, bigint]> {
  for (let i = 0; i < count; i++) yield [i, BigInt(i)];
}

function make(made: CloseStack, kind: MapTypeName, maxEntries: number, flags: number): MapHandle {
  const attr = new Attr(20).u32(0, mapTypes.indexOf(kind)).u32(4, 4).u32(8, 8).u32(12, maxEntries).u32(16, flags);
  const fd = made.add(new Fd(bpfOrThrow(BPF_MAP_CREATE, attr, `creating a ${kind}`), `map "bench"`));
  const readers = made.add(new CloseStack());
  const mmapable = flags === BPF_F_MMAPABLE;
  return { name: "bench", kind, fd, keySize: 4, valueSize: 8, maxEntries, flags, mmapable, readers };
}

/** What our ways through a map are compared with, where C has one for all of them. */
const counterparts: ReadonlyMap<string, string> = new Map([
  ["batch values()", "batch"],
  ["batch [key, value]", "batch"],
]);

function report(theirs: readonly Times[], ours: readonly Times[], entries: number): void {
  console.log(`Operations on maps of ${entries} entries, ns for each element:`);
  const spread = (all: readonly Times[], name: string): Spread => spreadOf(all.map((times) => times.get(name) ?? NaN));
  for (const name of ours[0]?.keys() ?? []) {
    const base = spread(theirs, counterparts.get(name) ?? name);
    console.log(row(`${name}, C with libbpf`, base, "ns"));
    console.log(row(`${name}, core-gen`, spread(ours, name), "ns", base));
  }
}
