import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import type { MapTypeName } from "../../src/object/bpf-enums.ts";
import type { BpfMap } from "../../src/runtime/maps/bpf-map.ts";
import type { OpenedMap } from "../../src/runtime/shape.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapInfo } from "../../src/runtime/sys/map-info.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { kindIsTooNew } from "../../src/runtime/kernel/map-kinds.ts";
import { mapKinds } from "../objects/map-kinds.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";

interface Shown {
  readonly type: string | number;
  readonly flags: number;
  readonly bytes_key: number;
  readonly bytes_value: number;
  readonly max_entries: number;
}

function bpftoolShows(id: number): Shown {
  return JSON.parse(execFileSync("bpftool", ["-j", "map", "show", "id", String(id)], { encoding: "utf8" })) as Shown;
}

const kinds = Object.keys(mapKinds.open().maps);
/** bpftool of Debian 12 has no words for kinds that are younger than it. */
const unknownToBpftool = new Map([
  ["cgrp_storage", 32],
  ["arena", 33],
]);
const rounded = (bytes: number): number => Math.max(bytes, libc().pageSize);

function memberOf<T>(maps: Readonly<Record<string, T>>, name: string): T {
  const map = maps[name];
  if (map === undefined) throw new Error(`there is no map ${name}`);
  return map;
}

// test/referee/instructions.test.ts compares all attributes with what libbpf would give to the kernel.
describeWithKernel("a map of the kind", {}, () => {
  it.each(kinds)("%s is what the object says", (name) => {
    const opened = mapKinds.open();
    for (const [other, map] of Object.entries(opened.maps)) map.autocreate = other === name;
    const tooNew = kindIsTooNew(name as MapTypeName);
    if (tooNew !== undefined) {
      expect(thrownBy(() => opened.load()).hints).toEqual([tooNew]);
      return;
    }
    using skel = opened.load();
    const [map, settings] = [memberOf<BpfMap>(skel.maps, name), memberOf<OpenedMap>(opened.maps, name)];
    using fd = Fd.duplicate(map.fd, name);
    const { id, mapExtra } = mapInfo(fd);
    const { type, flags, bytes_key, bytes_value, max_entries } = bpftoolShows(id);
    const { kind, keySize, valueSize, maxEntries, flags: wanted } = settings;
    const isRing = kind === "ringbuf" || kind === "user_ringbuf";
    expect({ type, bytes_key, bytes_value, max_entries, mapExtra }).toEqual({
      type: unknownToBpftool.get(name) ?? kind,
      bytes_key: keySize,
      bytes_value: valueSize,
      max_entries: isRing ? rounded(8192) : kind === "perf_event_array" ? possibleCpus() : maxEntries,
      mapExtra: settings.mapExtra,
    });
    // Of devmaps the kernel says by itself that programs can only read them.
    expect(flags & ~(kind.startsWith("devmap") ? 0x80 : 0)).toBe(wanted);
    expect([map.kind, map.maxEntries]).toEqual([kind, max_entries]);
  });
});
