import { expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import { bytes, text, u32, u64, u8 } from "../../src/runtime/codecs.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { ArrayMap } from "../../src/runtime/maps/array-map.ts";
import { walkKeys } from "../../src/runtime/maps/chunks.ts";
import { HashMap } from "../../src/runtime/maps/hash-map.ts";
import { PerCpuArrayMap } from "../../src/runtime/maps/per-cpu-array-map.ts";
import { PerCpuHashMap } from "../../src/runtime/maps/per-cpu-hash-map.ts";
import { mapDelete, mapLookup, mapUpdate } from "../../src/runtime/sys/map-ops.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeMapByHand, type HandMadeMap } from "./hand-made.ts";

interface Flow {
  port: number;
  host: bigint;
}

/** `struct flow { u8 port; u64 host; }`: seven bytes of padding. */
const Flow: Codec<Flow> = {
  size: 16,
  read: (from, at) => ({ port: from.u8(at), host: from.u64(at + 8) }),
  write: (to, at, value) => {
    to.clear(at, 16);
    to.setU8(at, value.port);
    to.setU64(at + 8, value.host);
  },
};

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function hash(maxEntries: number, flags = 0): HandMadeMap {
  return makeMapByHand("hash", { keySize: 4, valueSize: 8, maxEntries, flags });
}

/** Reads a number the way the kernel's other users do: its plain bytes. */
function raw(map: HandMadeMap, key: number): bigint | undefined {
  const value = new BigUint64Array(1);
  const found = mapLookup(map.fd, new Uint8Array(Uint32Array.of(key).buffer), new Uint8Array(value.buffer));
  return found ? value[0] : undefined;
}

describeWithKernel("a hash map", {}, () => {
  it("is used like a Map", () => {
    using handle = hash(16);
    const map = new HashMap(handle, u32, u64);
    expect(map.get(1)).toBeUndefined();
    expect(map.has(1)).toBe(false);
    expect(map.set(1, 10n).set(2, 20n).set(1, 11n)).toBe(map);
    expect([map.get(1), map.get(2), raw(handle, 1)]).toEqual([11n, 20n, 11n]);
    expect([map.has(1), map.has(3)]).toEqual([true, false]);
    expect(map.size).toBe(2);
    expect(new Map(map)).toEqual(
      new Map([
        [1, 11n],
        [2, 20n],
      ]),
    );
    expect([...map.keys()].sort()).toEqual([1, 2]);
    expect([...map.values()].sort()).toEqual([11n, 20n]);
    expect([map.delete(1), map.delete(1), map.has(1)]).toEqual([true, false, false]);
    map.clear();
    expect([map.size, ...map]).toEqual([0]);
  });

  it("has the facts of the map", () => {
    using handle = hash(16);
    const map = new HashMap(handle, u32, u64);
    expect(map).toMatchObject({ name: "hand_made", kind: "hash", keySize: 4, valueSize: 8, maxEntries: 16 });
    expect(map.fd).toBe(handle.fd.number);
  });

  it("finds keys with padding, whatever the app's objects look like", () => {
    using handle = makeMapByHand("hash", { keySize: 16, valueSize: 16, maxEntries: 8 });
    const map = new HashMap(handle, Flow, text(16));
    map.set({ port: 255, host: 1n << 63n }, "sixteen letters!");
    expect(map.get({ host: 1n << 63n, port: 255 })).toBe("sixteen letters!");
    expect(map.get({ host: 1n, port: 255 })).toBeUndefined();
    expect([...map]).toEqual([[{ port: 255, host: 1n << 63n }, "sixteen letters!"]]);
  });

  it("reads many more entries than fit one batch", () => {
    using handle = hash(5000);
    const map = new HashMap(handle, u32, u64);
    for (const key of numbers(5000)) map.set(key, BigInt(key) * 3n);
    expect(map.size).toBe(5000);
    const entries = [...map].sort(([a], [b]) => a - b);
    expect(entries).toEqual(numbers(5000).map((key) => [key, BigInt(key) * 3n]));
    map.clear();
    expect(map.size).toBe(0);
  });

  it("refuses a new key when it is full", () => {
    using handle = hash(2);
    const map = new HashMap(handle, u32, u64).set(1, 1n).set(2, 2n);
    expect(() => map.set(3, 3n)).toThrow(expect.objectContaining({ code: "kernel", errnoName: "E2BIG" }));
    map.set(2, 22n);
    expect(map.get(2)).toBe(22n);
  });

  it("says which part of which map a wrong value was for", () => {
    using handle = hash(2);
    const map = new HashMap(handle, u32, u64);
    expect(() => map.get(-1)).toThrow(new RangeError('key of map "hand_made": -1 does not fit u32 (0 to 4294967295)'));
    expect(() => map.set(1, 5 as never)).toThrow(
      new TypeError('value of map "hand_made": u64 takes a bigint, not 5 (write 5n)'),
    );
    expect(map.size).toBe(0);
  });

  it("can be changed while it is read", () => {
    using handle = hash(3000);
    const map = new HashMap(handle, u32, u64);
    for (const key of numbers(3000)) map.set(key, 1n);
    const seen: number[] = [];
    for (const [key] of map) {
      seen.push(key);
      map.delete(key);
      map.delete((key + 1) % 3000);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(map.size).toBe(0);
  });

  it("throws with code closed after close, also in the middle of a loop", () => {
    const handle = hash(3000);
    const map = new HashMap(handle, u32, u64);
    for (const key of numbers(3000)) map.set(key, 1n);
    const closed = expect.objectContaining({ code: "closed", message: 'map "hand_made" is closed' }) as Error;
    expect(() => {
      for (const [key] of map) if (key >= 0) handle.close();
    }).toThrow(closed);
    for (const call of [
      () => map.get(1),
      () => map.has(1),
      () => map.set(1, 1n),
      () => map.delete(1),
      () => map.size,
      () => [...map],
      () => {
        map.clear();
      },
      () => map.fd,
    ])
      expect(call).toThrow(closed);
    expect(map.name).toBe("hand_made");
  });

  it("takes keys and values of any size", () => {
    using handle = makeMapByHand("hash", { keySize: 500, valueSize: 70_000, maxEntries: 40, flags: 1 });
    const map = new HashMap(handle, bytes(500), bytes(70_000));
    for (const i of numbers(40)) map.set(new Uint8Array(500).fill(i), new Uint8Array(70_000).fill(i));
    const seen = [...map].map(([key, value]) => [key[499], value[0], value[69_999]]);
    expect(seen.sort(([a = 0], [b = 0]) => a - b)).toEqual(numbers(40).map((i) => [i, i, i]));
  });

  it("reads entries of which no two fit one batch, though they share a bucket", () => {
    // BPF_F_NO_PREALLOC: room for what is stored only.
    using handle = makeMapByHand("hash", { keySize: 4, valueSize: 600_000, maxEntries: 24, flags: 1 });
    const map = new HashMap(handle, u32, bytes(600_000));
    for (const i of numbers(24)) map.set(i, new Uint8Array(600_000).fill(i));
    const seen = [...map].map(([key, value]) => [key, value[0], value[599_999]]);
    expect(seen.sort(([a = 0], [b = 0]) => a - b)).toEqual(numbers(24).map((i) => [i, i, i]));
  });

  it("that forgets old entries works the same", () => {
    using handle = makeMapByHand("lru_hash", { keySize: 4, valueSize: 8, maxEntries: 64 });
    const map = new HashMap(handle, u32, u64);
    for (const key of numbers(1000)) map.set(key, BigInt(key));
    expect(map.get(999)).toBe(999n);
    expect(map.size).toBeLessThanOrEqual(64);
    for (const [key, value] of map) expect(value).toBe(BigInt(key));
  });
});

describeWithKernel("walking the keys of a hash map, for kernels without batches", {}, () => {
  const keyOf = (chunk: { keys: Uint8Array }): number => new DataView(chunk.keys.buffer).getUint32(0, true);
  const source = (handle: HandMadeMap): Parameters<typeof walkKeys>[0] => ({ ...handle, fd: handle.fd });
  const fill = (handle: HandMadeMap, count: number): void => {
    for (const key of numbers(count)) mapUpdate(handle.fd, bytesOf(key), new Uint8Array(8).fill(key));
  };
  const bytesOf = (key: number): Uint8Array => new Uint8Array(Uint32Array.of(key).buffer);

  it("finds every entry once", () => {
    using handle = hash(500);
    fill(handle, 500);
    const seen = [...walkKeys(source(handle))].map(keyOf);
    expect(seen).toHaveLength(500);
    const keys: number[] = [];
    for (const chunk of walkKeys(source(handle))) {
      expect(chunk.values[0]).toBe(keyOf(chunk) & 0xff);
      keys.push(keyOf(chunk));
    }
    expect(keys.sort((a, b) => a - b)).toEqual(numbers(500));
  });

  it("finds nothing in an empty map", () => {
    using handle = hash(5);
    expect([...walkKeys(source(handle))]).toEqual([]);
  });

  it("goes on when the current entry is deleted, and no entry comes twice", () => {
    using handle = hash(500);
    fill(handle, 500);
    const seen: number[] = [];
    for (const chunk of walkKeys(source(handle))) {
      seen.push(keyOf(chunk));
      mapDelete(handle.fd, chunk.keys);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(numbers(500));
  });

  it("goes on when the entries around it are deleted, and no entry that stays is missed", () => {
    using handle = hash(300);
    fill(handle, 300);
    const seen: number[] = [];
    for (const chunk of walkKeys(source(handle))) {
      seen.push(keyOf(chunk));
      // All odd keys go, one after another: often the one that the walk would have gone on from.
      for (const key of numbers(300)) if (key % 2 === 1 && mapDelete(handle.fd, bytesOf(key))) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((key) => key % 2 === 0).sort((a, b) => a - b)).toEqual(numbers(150).map((i) => i * 2));
  });

  it("ends although entries are added all the time", () => {
    using handle = hash(64);
    fill(handle, 32);
    let key = 1000;
    const seen: number[] = [];
    for (const chunk of walkKeys(source(handle))) {
      seen.push(keyOf(chunk));
      mapDelete(handle.fd, chunk.keys);
      mapUpdate(handle.fd, bytesOf(key++), new Uint8Array(8));
    }
    expect(seen.length).toBeLessThanOrEqual(128);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describeWithKernel("an array map", {}, () => {
  it("has all its elements from the start", () => {
    using handle = makeMapByHand("array", { keySize: 4, valueSize: 8, maxEntries: 3 });
    const map = new ArrayMap(handle, u64);
    expect(map.length).toBe(3);
    expect([...map]).toEqual([0n, 0n, 0n]);
    expect(map.set(2, 7n).get(2)).toBe(7n);
    expect(raw(handle, 2)).toBe(7n);
    expect([map.at(-1), map.at(0), map.at(3), map.at(-4), map.at(0.5)]).toEqual([
      7n,
      0n,
      undefined,
      undefined,
      undefined,
    ]);
    expect([...map.entries()]).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 7n],
    ]);
    expect([...map.values()]).toEqual([0n, 0n, 7n]);
  });

  it("is read in order, however long it is", () => {
    using handle = makeMapByHand("array", { keySize: 4, valueSize: 16, maxEntries: 3000 });
    const map = new ArrayMap(handle, Flow);
    for (const i of numbers(3000)) map.set(i, { port: i & 0xff, host: BigInt(i) });
    expect([...map].map(({ host }) => Number(host))).toEqual(numbers(3000));
  });

  it.each([3, -1, 1.5, NaN, 2 ** 32, "1" as never])("has no element %s", (index) => {
    using handle = makeMapByHand("array", { keySize: 4, valueSize: 1, maxEntries: 3 });
    const map = new ArrayMap(handle, u8);
    expect(() => map.get(index)).toThrow(/^index .* is outside of map "hand_made", which has 3 elements$/u);
    expect(() => map.set(index, 1)).toThrow(RangeError);
    expect([...map]).toEqual([0, 0, 0]);
  });
});

describeWithKernel("a map with a value for each CPU", {}, () => {
  const cpus = possibleCpus();

  it("of hash kind has values as arrays", () => {
    using handle = makeMapByHand("percpu_hash", { keySize: 4, valueSize: 4, maxEntries: 16 });
    const map = new PerCpuHashMap(handle, u32, u32);
    const values = numbers(cpus).map((cpu) => 100 + cpu);
    expect(map.get(5)).toBeUndefined();
    map.set(5, values).set(
      6,
      values.map((value) => value + 1),
    );
    expect(map.get(5)).toEqual(values);
    expect(new Map(map)).toEqual(
      new Map([
        [5, values],
        [6, values.map((value) => value + 1)],
      ]),
    );
    expect(map).toMatchObject({ kind: "percpu_hash", valueSize: 4 });
    expect(map.delete(5)).toBe(true);
    expect(map.size).toBe(1);
  });

  it("of array kind has values as arrays, padded to 8 bytes by the kernel", () => {
    using handle = makeMapByHand("percpu_array", { keySize: 4, valueSize: 12, maxEntries: 4 });
    const map = new PerCpuArrayMap(handle, text(12));
    const values = numbers(cpus).map((cpu) => `text of ${cpu}`);
    map.set(3, values);
    expect(map.get(3)).toEqual(values);
    expect([...map]).toEqual([...numbers(3).map(() => numbers(cpus).map(() => "")), values]);
  });

  it("takes exactly one value for each CPU", () => {
    using handle = makeMapByHand("percpu_array", { keySize: 4, valueSize: 8, maxEntries: 1 });
    const map = new PerCpuArrayMap(handle, u64);
    expect(() => map.set(0, [...numbers(cpus + 1).map(BigInt)])).toThrow(
      `value of map "hand_made": ${cpus + 1} values given, and ${cpus} CPUs are possible: one value for each is needed`,
    );
    expect(() => map.set(0, 1n as never)).toThrow("an array with a value for each CPU is needed, not 1n");
  });

  it("reads what a flexible array of one CPU holds, and nothing of the next", () => {
    const rest: Codec<number[]> = {
      size: 6,
      read: (from, at) => from.rest(at, 2, (memory, place) => memory.u16(place)),
      write: (to, at, values) => {
        to.setRest(at, 2, values, (memory, place, value) => {
          memory.setU16(place, value);
        });
      },
    };
    using handle = makeMapByHand("percpu_array", { keySize: 4, valueSize: 6, maxEntries: 2 });
    const map = new PerCpuArrayMap(handle, rest);
    const values = numbers(cpus).map((cpu) => [cpu, 2, 3]);
    map.set(1, values);
    expect(map.get(1)).toEqual(values);
    expect([...map][1]).toEqual(values);
  });
});
