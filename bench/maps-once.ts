// What maps.ts runs: usage: maps-once ENTRIES CALLS. Prints "NAME NANOSECONDS" of each operation, as maps.c does.
import { performance } from "node:perf_hooks";

import { CloseStack } from "../src/runtime/close-stack.ts";
import { u32, u64 } from "../src/runtime/codecs.ts";
import type { MapHandle } from "../src/runtime/maps/bpf-map.ts";
import { ArrayMap } from "../src/runtime/maps/array-map.ts";
import { HashMap } from "../src/runtime/maps/hash-map.ts";
import { PerCpuArrayMap } from "../src/runtime/maps/per-cpu-array-map.ts";
import { mapTypes, type MapTypeName } from "../src/object/bpf-enums.ts";
import { Attr, BPF_MAP_CREATE, bpfOrThrow } from "../src/runtime/sys/bpf.ts";
import { Fd } from "../src/runtime/sys/fd.ts";

const BPF_F_MMAPABLE = 0x400;
/** The quickest of some rounds: the machine may be busy. */
const ROUNDS = 15;

/** What the values were, so that reading them can't be left out. */
const seen: { value: unknown; keys: number } = { value: undefined, keys: 0 };

function run(entries: number, calls: number): void {
  using made = new CloseStack();
  const hash = new HashMap(make(made, "hash", entries, 0), u32, u64);
  const array = new ArrayMap(make(made, "array", entries, 0), u64);
  const perCpu = new PerCpuArrayMap(make(made, "percpu_array", 1024, 0), u64);
  const shared = new ArrayMap(make(made, "array", entries, BPF_F_MMAPABLE), u64);
  const measure = (name: string, count: number, operate: () => void): void => {
    let least = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      operate();
      least = Math.min(least, performance.now() - start);
    }
    console.log(`${name} ${((least * 1e6) / count).toFixed(2)}`);
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

const [, , entries, calls] = process.argv;
run(Number(entries), Number(calls));
