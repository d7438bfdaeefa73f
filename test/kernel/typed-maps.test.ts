import { expect, it } from "vitest";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } from "../../src/runtime/sys/map-ops.ts";
import { sum } from "../../src/runtime/maps/sum.ts";
import { typedMaps, type TypedMaps } from "../objects/typed-maps.skel.ts";
import { bpftoolDump, bpftoolLookup, bpftoolQueue, bpftoolUpdate, bytesOf, hexOf } from "../support/bpftool-maps.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { thrownBy } from "../support/thrown.ts";

/** Only the maps of one test: 30 of them take a while. */
function load(...names: (keyof TypedMaps["maps"])[]): TypedMaps {
  const opened = typedMaps.open();
  for (const [name, map] of Object.entries(opened.maps)) map.autocreate = (names as string[]).includes(name);
  for (const program of Object.values(opened.progs)) program.autoload = false;
  if (names.includes("shared")) opened.progs.count.autoload = true;
  return opened.load();
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const counter = (packets: bigint, errors: number): { packets: bigint; errors: number } => ({ packets, errors });

describeWithKernel("a typed hash map", {}, () => {
  it("and bpftool read each other's entries", () => {
    using skel = load("counts");
    const { counts } = skel.maps;
    counts.set(7, counter(258n, 3));
    expect(bpftoolDump(counts)).toEqual([["07000000", "02010000000000000300000000000000"]]);
    bpftoolUpdate(counts, bytesOf(8), bytesOf(1, 0, 2, 0));
    expect([counts.get(8), counts.size]).toEqual([counter(1n, 2), 2]);
  });

  it("obeys flags", () => {
    using skel = load("counts");
    const { counts } = skel.maps;
    expect(thrownBy(() => counts.set(1, counter(1n, 0), BPF_EXIST))).toMatchObject({ errnoName: "ENOENT" });
    counts.set(1, counter(1n, 0), BPF_NOEXIST);
    expect(thrownBy(() => counts.set(1, counter(2n, 0), BPF_NOEXIST)).message).toBe(
      'updating an element of map "counts": bpf(BPF_MAP_UPDATE_ELEM) failed with EEXIST: the key is there already',
    );
    counts.set(1, counter(3n, 0), BPF_EXIST);
    expect(counts.get(1)).toEqual(counter(3n, 0));
    expect(thrownBy(() => counts.get(1, BPF_F_LOCK))).toMatchObject({ errnoName: "EINVAL" });
  });

  it("holds the spin lock of its values", () => {
    using skel = load("guarded");
    const { guarded } = skel.maps;
    guarded.set(1, { lock: { val: 0 }, a: 5, b: 6 });
    guarded.set(1, { lock: { val: 0 }, a: 7, b: 8 }, BPF_F_LOCK);
    expect(guarded.get(1, BPF_F_LOCK)).toEqual({ lock: { val: 0 }, a: 7, b: 8 });
    expect(bpftoolLookup(guarded, bytesOf(1))).toBe("000000000700000008000000");
  });

  it("gives and forgets", () => {
    using skel = load("counts");
    const { counts } = skel.maps;
    counts.set(1, counter(1n, 2));
    expect([counts.take(1), counts.take(1), counts.size]).toEqual([counter(1n, 2), undefined, 0]);
  });

  it("stores, deletes and drains by the hundred", () => {
    using skel = load("counts");
    const { counts } = skel.maps;
    counts.setMany(numbers(3000).map((key) => [key, counter(BigInt(key), 1)] as const));
    expect(bpftoolDump(counts)).toHaveLength(3000);
    expect(counts.get(2999)).toEqual(counter(2999n, 1));
    // Every second one is not there the second time.
    expect(counts.deleteMany(numbers(1500).map((i) => 2 * i))).toBe(1500);
    expect(counts.deleteMany(numbers(100))).toBe(50);
    expect(bpftoolDump(counts)).toHaveLength(1450);
    const drained = new Map(counts.drain());
    expect([drained.size, drained.get(2999), counts.size]).toEqual([1450, counter(2999n, 1), 0]);
    counts.setMany([[1, counter(1n, 1)]]).clear();
    expect(bpftoolDump(counts)).toEqual([]);
  });

  it("stores what comes before the entry that is wrong, or too much", () => {
    using skel = load("flows");
    const { flows } = skel.maps;
    const entry = (port: number): [{ address: number; port: number }, bigint] => [{ address: 1, port }, 1n];
    expect(() => flows.setMany([entry(1), entry(2), entry(65536)])).toThrow(
      new RangeError('key of map "flows": 65536 does not fit u16 (0 to 65535)'),
    );
    expect(flows.size).toBe(2);
    expect(thrownBy(() => flows.setMany(numbers(20).map(entry)))).toMatchObject({ errnoName: "E2BIG" });
    expect(flows.size).toBe(10);
  });

  it("visits every entry, and lists keys and values", () => {
    using skel = load("recent");
    const { recent } = skel.maps;
    recent.setMany(numbers(100).map((key) => [key, BigInt(key)] as const));
    const seen: [number, bigint][] = [];
    recent.forEach((value, key) => seen.push([key, value]));
    expect(seen.sort(([a], [b]) => a - b)).toEqual(numbers(100).map((key) => [key, BigInt(key)]));
    expect([...recent.keys()].sort((a, b) => a - b)).toEqual(numbers(100));
    expect([...recent.values()].reduce(sum)).toBe(4950n);
  });
});

describeWithKernel("a typed map with a value for each CPU", {}, () => {
  const cpus = possibleCpus();

  it("and bpftool read each other's entries", () => {
    using skel = load("per_cpu");
    const { per_cpu } = skel.maps;
    per_cpu.set(
      1,
      numbers(cpus).map((cpu) => counter(BigInt(cpu), 9)),
    );
    expect(bpftoolLookup(per_cpu, bytesOf(1))).toEqual(numbers(cpus).map((cpu) => hexOf(bytesOf(cpu, 0, 9, 0))));
    const add = (a: { packets: bigint }, b: { packets: bigint; errors: number }): { packets: bigint; errors: number } =>
      counter(a.packets + b.packets, b.errors);
    const total = numbers(cpus).reduce(sum);
    expect(per_cpu.merged(1, add)).toEqual(counter(BigInt(total), 9));
    expect([...per_cpu.mergedEntries(add)]).toEqual([[1, counter(BigInt(total), 9)]]);
    expect(per_cpu.merged(2, add)).toBeUndefined();
    expect(per_cpu.take(1)).toHaveLength(cpus);
    expect(per_cpu.has(1)).toBe(false);
  });

  it("works by the hundred", () => {
    using skel = load("recent_per_cpu", "numbers_per_cpu");
    const { recent_per_cpu: recent, numbers_per_cpu: array } = skel.maps;
    recent.setMany(numbers(1000).map((key) => [key, numbers(cpus).map(() => key)] as const));
    expect(bpftoolLookup(recent, bytesOf(999))).toEqual(numbers(cpus).map(() => hexOf(bytesOf(999))));
    const drained = recent.drain();
    expect([drained.length, recent.size]).toEqual([1000, 0]);
    for (const [key, values] of drained) expect(values).toEqual(numbers(cpus).map(() => key));
    array.setMany(numbers(3).map((i) => [i, numbers(cpus).map(() => i)] as const));
    expect(bpftoolDump(array).map(([, values]) => values)).toEqual(
      numbers(3).map((i) => numbers(cpus).map(() => hexOf(bytesOf(i)))),
    );
    expect([...array.mergedValues(sum)]).toEqual([0, cpus, 2 * cpus]);
    expect(array.merged(2, sum)).toBe(2 * cpus);
  });
});

describeWithKernel("a typed array", {}, () => {
  it("and bpftool read each other's elements", () => {
    using skel = load("numbers");
    const { numbers: array } = skel.maps;
    array.fill(counter(1n, 2)).set(4, counter(3n, 4));
    expect(bpftoolDump(array).map(([, value]) => value)).toEqual([
      ...numbers(4).map(() => hexOf(bytesOf(1, 0, 2, 0))),
      hexOf(bytesOf(3, 0, 4, 0)),
    ]);
    bpftoolUpdate(array, bytesOf(0), bytesOf(5, 0, 6, 0));
    expect([array.at(0), array.at(-1), array.length]).toEqual([counter(5n, 6), counter(3n, 4), 5]);
    expect(() => array.setMany([[5, counter(1n, 1)]])).toThrow(
      new RangeError('index 5 is outside of map "numbers", which has 5 elements'),
    );
  });

  it("that is mapped shares its memory with programs and bpftool", () => {
    const skel = load("shared", "numbers_per_cpu");
    const { shared } = skel.maps;
    shared.set(1, 11).setMany([[2, 22]]);
    expect(runOnFrame(skel.progs.count)).toBe(0);
    expect(bpftoolDump(shared).map(([, value]) => value)).toEqual([0, 11, 23, 0, 0].map((n) => hexOf(bytesOf(n))));
    bpftoolUpdate(shared, bytesOf(4), bytesOf(44));
    expect([...shared]).toEqual([0, 11, 23, 0, 44]);
    expect(() => shared.set(0, -1)).toThrow(
      new RangeError('value of map "shared": -1 does not fit u32 (0 to 4294967295)'),
    );
    expect(() => shared.get(5)).toThrow(new RangeError('index 5 is outside of map "shared", which has 5 elements'));
    const entries = shared.entries();
    entries.next();
    skel.close();
    for (const use of [() => shared.get(0), () => shared.set(0, 1), () => entries.next(), () => [...shared]])
      expect(thrownBy(use)).toMatchObject({ code: "closed", message: 'map "shared" is closed' });
  });

  it("that is mapped and never read before closing says that it is closed", () => {
    const skel = load("shared", "numbers_per_cpu");
    skel.close();
    expect(thrownBy(() => skel.maps.shared.get(0))).toMatchObject({ code: "closed" });
  });
});

describeWithKernel("a map without keys", {}, () => {
  it("of queue kind gives the oldest first, to bpftool as well", () => {
    using skel = load("jobs");
    const { jobs } = skel.maps;
    expect([jobs.pop(), jobs.peek()]).toEqual([undefined, undefined]);
    jobs.push(counter(1n, 0)).push(counter(2n, 0));
    bpftoolQueue(jobs, "enqueue", bytesOf(3, 0, 0, 0));
    expect(thrownBy(() => jobs.push(counter(4n, 0)))).toMatchObject({ errnoName: "E2BIG" });
    jobs.push(counter(5n, 0), BPF_EXIST);
    expect(bpftoolQueue(jobs, "peek")).toBe(hexOf(bytesOf(2, 0, 0, 0)));
    expect(bpftoolQueue(jobs, "dequeue")).toBe(hexOf(bytesOf(2, 0, 0, 0)));
    expect(jobs.peek()).toEqual(counter(3n, 0));
    expect(jobs.drain()).toEqual([counter(3n, 0), counter(5n, 0)]);
  });

  it("of stack kind gives the newest first, to bpftool as well", () => {
    using skel = load("undo");
    const { undo } = skel.maps;
    undo.push(1).push(2);
    bpftoolQueue(undo, "push", bytesOf(3));
    expect([undo.peek(), undo.pop(), bpftoolQueue(undo, "pop"), undo.pop(), undo.pop()]).toEqual([
      3,
      3,
      "02000000",
      1,
      undefined,
    ]);
  });
});

describeWithKernel("a trie", {}, () => {
  it("of IPv4 prefixes takes text and structs, as bpftool sees them", () => {
    using skel = load("routes");
    const { routes } = skel.maps;
    routes.set("10.0.0.0/8", 1).set("10.1.2.3", 2).set({ prefixlen: 16, address: 0x0000_020a }, 3).set("0.0.0.0/0", 4);
    expect(bpftoolDump(routes)).toEqual([
      ["0000000000000000", "04000000"],
      ["080000000a000000", "01000000"],
      ["100000000a020000", "03000000"],
      ["200000000a010203", "02000000"],
    ]);
    expect(["10.9.9.9", "10.1.2.3", "10.2.7.7", "10.2.0.0/17", "11.0.0.0"].map((one) => routes.get(one))).toEqual([
      1, 2, 3, 3, 4,
    ]);
    expect(new Map(routes)).toEqual(
      new Map([
        ["10.0.0.0/8", 1],
        ["10.1.2.3/32", 2],
        ["10.2.0.0/16", 3],
        ["0.0.0.0/0", 4],
      ]),
    );
    // Bits behind the prefix don't count.
    routes.set("10.255.255.255/8", 5);
    expect([routes.size, routes.get("10.9.9.9"), routes.delete("10.0.0.0/9"), routes.take("10.0.0.0/8")]).toEqual([
      4,
      5,
      false,
      5,
    ]);
    bpftoolUpdate(routes, Uint8Array.of(24, 0, 0, 0, 192, 168, 1, 0), bytesOf(6));
    expect(routes.get("192.168.1.77")).toBe(6);
    expect(routes.deleteMany(["192.168.1.0/24", "1.2.3.4"])).toBe(1);
    expect(
      routes
        .drain()
        .map(([prefix]) => prefix)
        .sort(),
    ).toEqual(["0.0.0.0/0", "10.1.2.3/32", "10.2.0.0/16"]);
    expect(routes.size).toBe(0);
  });

  it("of IPv6 prefixes", () => {
    using skel = load("routes6");
    const { routes6 } = skel.maps;
    routes6.setMany([
      ["2001:db8::/32", 1],
      ["::1", 2],
      ["fe80::1:0:0:1/128", 3],
      ["::ffff:10.0.0.0/104", 4],
    ]);
    expect(bpftoolLookup(routes6, Uint8Array.of(128, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, ...new Uint8Array(12)))).toBe(
      "01000000",
    );
    expect([
      routes6.get("2001:db8:1::2"),
      routes6.get("::1"),
      routes6.get("::ffff:10.1.1.1"),
      routes6.get("::2"),
    ]).toEqual([1, 2, 4, undefined]);
    expect([...routes6.keys()].sort()).toEqual([
      "2001:db8::/32",
      "::1/128",
      "::ffff:10.0.0.0/104",
      "fe80::1:0:0:1/128",
    ]);
  });

  it.each(["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.256", "::1", "", "10.0.0.0/8/8", "localhost"])(
    "refuses %j",
    (text) => {
      using skel = load("routes");
      expect(() => skel.maps.routes.set(text, 1)).toThrow(RangeError);
      expect(() => skel.maps.routes.get(text)).toThrow(/^key of map "routes": /u);
    },
  );

  it("of other keys takes structs", () => {
    using skel = load("tags");
    const { tags } = skel.maps;
    tags.set({ prefixlen: 16, tag: 5, address: Uint8Array.of(0, 0, 0, 0) }, 1);
    expect(tags.get({ prefixlen: 48, tag: 5, address: Uint8Array.of(1, 2, 3, 4) })).toBe(1);
    expect([...tags.keys()]).toEqual([{ prefixlen: 16, tag: 5, address: Uint8Array.of(0, 0, 0, 0) }]);
  });
});
