import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { innerMaps } from "../objects/inner-maps.skel.ts";
import { mapSettings } from "../objects/map-settings.skel.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { oldMapSettings } from "../support/old-map-settings.ts";

// What people who don't use TypeScript can write.
const any = (value: unknown): never => value as never;
const counts = (): ReturnType<typeof mapSettings.open>["maps"]["counts"] => mapSettings.open().maps.counts;
const jobs = (): ReturnType<typeof oldMapSettings.open>["maps"]["jobs"] => oldMapSettings.open().maps.jobs;

describe("a map's settings", () => {
  it("begin as the object says", () => {
    const facts =
      "{ name: 'counts', kind: 'hash', keySize: 4, valueSize: 8, maxEntries: 10, flags: 0, mapExtra: 0n, numaNode: 0, autocreate: true, pinPath: undefined, inner: undefined }";
    expect(inspect(counts(), { breakLength: 200, compact: 20 })).toBe(facts);
    expect(innerMaps.open().maps.rings.inner).toMatchObject({ name: "rings.inner", kind: "ringbuf", maxEntries: 5000 });
    expect(pinned.open().maps.shared.pinPath).toBe("/sys/fs/bpf/shared");
    expect(pinned.open({ pinRoot: "/run/bpf" }).maps.shared.pinPath).toBe("/run/bpf/shared");
  });

  it("are kept, one by one or all at once", () => {
    const all = {
      ...{ kind: "lru_hash" as const, maxEntries: 5, flags: 2, mapExtra: 3n, numaNode: 1, ifindex: 4 },
      ...{ autocreate: false, pinPath: "/x/y" },
    };
    const map = counts();
    Object.assign(map, all);
    // A node without the flag would mean nothing.
    expect(map).toMatchObject({ ...all, flags: 6 });
    expect(mapSettings.open({ maps: { counts: all } }).maps.counts).toMatchObject({ ...all, flags: 6 });
    expect(innerMaps.open({ maps: { outer: { inner: { maxEntries: 9 } } } }).maps.outer.inner!.maxEntries).toBe(9);
    expect(mapSettings.open().maps.counts.kind).toBe("hash");
  });

  it.each<[string, () => unknown, string]>([
    [
      "a kind the class can't stand for",
      () => (counts().kind = "array"),
      'map "counts": kind takes hash, lru_hash, rhash, not "array"',
    ],
    ["a kind that is none", () => (jobs().kind = any("heap")), 'map "jobs": kind takes hash, array, prog_array'],
    [
      "a key of another size",
      () => ((any(counts()) as { keySize: number }).keySize = 8),
      'map "counts": keySize stays 4 bytes, which is what the skeleton reads and writes, not 8',
    ],
    [
      "a value of another size",
      () => ((any(counts()) as { valueSize: number }).valueSize = 4),
      'map "counts": valueSize stays 8 bytes',
    ],
    [
      "a size that is none",
      () => (jobs().valueSize = -1),
      'map "jobs": valueSize takes an integer from 0 to 4294967295, not -1',
    ],
    [
      "flags that don't fit",
      () => (counts().flags = 2 ** 32),
      'map "counts": flags takes an integer from 0 to 4294967295, not 4294967296',
    ],
    [
      "a number for map_extra",
      () => (counts().mapExtra = any(1)),
      'map "counts": mapExtra takes a bigint from 0n to 18446744073709551615n, not 1',
    ],
    ["too much for map_extra", () => (counts().mapExtra = 1n << 64n), "not 18446744073709551616n"],
    ["a node that is none", () => (counts().numaNode = 0.5), 'map "counts": numaNode takes an integer from 0'],
    [
      "an interface that is none",
      () => (counts().ifindex = any("eth0")),
      'map "counts": ifindex takes an integer from 0 to 4294967295, not "eth0"',
    ],
    [
      "autocreate that is no boolean",
      () => (counts().autocreate = any(0)),
      'map "counts": autocreate takes true or false, not 0',
    ],
    ["a path that is none", () => (counts().pinPath = ""), 'map "counts": pinPath takes a path, not ""'],
    ["a path with a NUL", () => (counts().pinPath = "/a\0b"), 'map "counts": pinPath takes a path, not '],
    [
      "something else to reuse",
      () => {
        counts().reuse(any({}));
      },
      'map "counts": reuse takes a loaded map, the path of a pinned one, or a descriptor, not ',
    ],
    [
      "a template where there is none",
      () => {
        jobs().useInner(3);
      },
      'map "jobs": useInner is for maps of maps, this one is of kind queue',
    ],
    [
      "settings of an inner map that is not there",
      () => oldMapSettings.open({ maps: { jobs: { inner: {} } } }),
      'map "jobs": it has no inner map',
    ],
    [
      "a setting that is none",
      () => mapSettings.open({ maps: any({ counts: { max_entries: 5 } }) }),
      'map "counts": it has no setting "max_entries"',
    ],
    [
      "another kind for a section",
      () => (mapSettings.open().sections.bss.kind = "hash"),
      'section .bss: kind takes only array, not "hash"',
    ],
    ["a pin root that is none", () => mapSettings.open({ pinRoot: any(5) }), "pinRoot takes a path, not 5"],
    ["a token path that is none", () => mapSettings.open({ tokenPath: any(5) }), "tokenPath takes a path, not 5"],
  ])("refuse %s", (_, set, message) => {
    expect(set).toThrow(message);
  });
});
