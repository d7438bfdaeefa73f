import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { mapInfo } from "../../src/runtime/sys/map-info.ts";
import { mapLookup, mapUpdate } from "../../src/runtime/sys/map-ops.ts";
import type { BpfMap } from "../../src/runtime/maps/bpf-map.ts";
import { innerMaps } from "../objects/inner-maps.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { thrownBy } from "../support/thrown.ts";

/** A descriptor of our own for a map, to ask the kernel about it. */
const duplicate = (map: BpfMap): Fd => Fd.duplicate(map.fd, `map "${map.name}"`);

/** The id of the map in a map of maps, which is what user space reads there; undefined for none. */
function heldId(outer: BpfMap, key: number, keySize = 4): number | undefined {
  using fd = duplicate(outer);
  const [keyBytes, value] = [new Uint8Array(keySize), new Uint32Array(1)];
  keyBytes[0] = key;
  return mapLookup(fd, keyBytes, new Uint8Array(value.buffer)) ? value[0] : undefined;
}

function idOf(map: BpfMap): number {
  using fd = duplicate(map);
  return mapInfo(fd).id;
}

/** Puts a map into a map of maps, which the kernel only takes when it is like the template. */
function put(outer: BpfMap, key: Uint8Array, inner: number): void {
  using fd = duplicate(outer);
  mapUpdate(fd, key, new Uint8Array(Uint32Array.of(inner).buffer));
}

describeWithKernel("maps of maps", {}, () => {
  it("hold from the start what the object says", () => {
    using skel = innerMaps.load();
    const { first, second, outer, by_key } = skel.maps;
    expect([0, 1, 2, 3].map((key) => heldId(outer, key))).toEqual([undefined, idOf(first), undefined, idOf(second)]);
    expect([1, 2, 3].map((key) => heldId(by_key, key))).toEqual([undefined, idOf(second), undefined]);
    expect(runOnFrame(skel.progs.entry)).toBe(42);
    expect([first.get(1), second.get(1)]).toEqual([1n, 10n]);
  });

  it("look to bpftool as they do when it loads the object", () => {
    using skel = innerMaps.load();
    const show = (map: BpfMap): unknown => {
      const shown: unknown = JSON.parse(
        execFileSync("bpftool", ["-j", "map", "show", "id", String(idOf(map))], { encoding: "utf8" }),
      );
      return shown;
    };
    expect(show(skel.maps.outer)).toMatchObject({
      type: "array_of_maps",
      name: "outer",
      bytes_key: 4,
      bytes_value: 4,
      max_entries: 4,
    });
    expect(show(skel.maps.by_key)).toMatchObject({ type: "hash_of_maps", name: "by_key", max_entries: 8 });
  });

  it("take maps that are like their template, the size of a ring buffer rounded in there, too", () => {
    using skel = innerMaps.load();
    using other = innerMaps.load();
    put(skel.maps.outer, new Uint8Array([2, 0, 0, 0]), other.maps.first.fd);
    expect(heldId(skel.maps.outer, 2)).toBe(idOf(other.maps.first));
    expect(() => {
      put(skel.maps.outer, new Uint8Array(4), skel.maps.jumps.fd);
    }).toThrow(/EINVAL/u);
  });

  it("have a template that can be changed, which then holds for what they take", () => {
    const opened = innerMaps.open();
    opened.maps.outer.inner!.maxEntries = 3;
    opened.maps.first.maxEntries = 3;
    opened.maps.second.maxEntries = 3;
    opened.maps.by_key.inner!.maxEntries = 3;
    opened.maps.rings.inner!.maxEntries = libc().pageSize;
    using skel = opened.load();
    expect(heldId(skel.maps.outer, 1)).toBe(idOf(skel.maps.first));
  });

  it("say which element could not be filled in", () => {
    const opened = innerMaps.open();
    opened.maps.outer.inner!.valueSize = 16;
    const error = thrownBy(() => opened.load());
    expect(error.message).toBe(
      'putting map "first" into element 1 of map "outer": bpf(BPF_MAP_UPDATE_ELEM) failed with EINVAL: the kernel takes only what is like the template, its inner map, or of the same kind as the programs in it',
    );
  });

  it("can have a map that exists for their template", () => {
    using other = innerMaps.load({
      maps: { first: { maxEntries: 7 }, outer: { autocreate: false } },
      progs: { entry: { autoload: false } },
    });
    const opened = innerMaps.open({
      maps: { first: { maxEntries: 7 }, second: { maxEntries: 7 }, by_key: { autocreate: false } },
      progs: { entry: { autoload: false } },
    });
    opened.maps.outer.useInner(other.maps.first);
    using skel = opened.load();
    expect(heldId(skel.maps.outer, 3)).toBe(idOf(skel.maps.second));
  });

  it("whose template the kernel refuses say so of the template", () => {
    const opened = innerMaps.open();
    opened.maps.rings.inner!.maxEntries = 0x8000_0001;
    expect(thrownBy(() => opened.load()).message).toMatch(/^creating the inner map of map "rings" \(ringbuf, key 0/u);
  });
});

describeWithKernel("program arrays", {}, () => {
  it("hold programs from the start", () => {
    using skel = innerMaps.load();
    expect([runOnFrame(skel.progs.entry), skel.bss.tails]).toEqual([42, 1n]);
  });

  it("can't hold programs that are not loaded", () => {
    expect(thrownBy(() => innerMaps.load({ progs: { tail: { autoload: false } } })).message).toBe(
      'loading inner-maps.bpf.o: element 1 of map "jumps" is to hold the program "tail", whose autoload is off',
    );
  });
});
