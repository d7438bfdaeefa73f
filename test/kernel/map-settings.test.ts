import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { IncompatibleMapError, VerifierError } from "../../src/runtime/errors.ts";
import type { BpfMap } from "../../src/runtime/maps/bpf-map.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapInfo, type MapInfo } from "../../src/runtime/sys/map-info.ts";
import { mapLookup } from "../../src/runtime/sys/map-ops.ts";
import { innerMaps } from "../objects/inner-maps.skel.ts";
import { mapSettings } from "../objects/map-settings.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { oldMapSettings } from "../support/old-map-settings.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { thrownBy } from "../support/thrown.ts";

const infoOf = (map: BpfMap): MapInfo => {
  using fd = Fd.duplicate(map.fd, `map "${map.name}"`);
  return mapInfo(fd);
};

/** What bpftool says of a map: another reader of what the kernel has. */
const shown = (map: BpfMap): unknown =>
  JSON.parse(execFileSync("bpftool", ["-j", "map", "show", "id", String(infoOf(map).id)], { encoding: "utf8" }));
const dumped = (map: BpfMap): unknown =>
  JSON.parse(execFileSync("bpftool", ["-j", "map", "dump", "id", String(infoOf(map).id)], { encoding: "utf8" }));

describeWithKernel("settings before loading", {}, () => {
  it("are what the kernel gets", () => {
    const opened = oldMapSettings.open();
    Object.assign(opened.maps.counts, { kind: "lru_hash", maxEntries: 77, flags: 0x80, numaNode: 0 });
    Object.assign(opened.maps.jobs, { kind: "stack", valueSize: 24, maxEntries: 5 });
    using skel = opened.load();
    expect(shown(skel.maps.counts)).toMatchObject({ type: "lru_hash", max_entries: 77, flags: 0x84, bytes_value: 8 });
    expect(shown(skel.maps.jobs)).toMatchObject({ type: "stack", bytes_key: 0, bytes_value: 24, max_entries: 5 });
    expect([skel.maps.jobs.kind, skel.maps.jobs.valueSize, skel.maps.counts.kind]).toEqual(["stack", 24, "lru_hash"]);
    skel.maps.counts.set(1, 2n);
    expect(skel.maps.counts.get(1)).toBe(2n);
  });

  it("that the kernel refuses are named", () => {
    const refusal = (change: (opened: ReturnType<typeof oldMapSettings.open>) => void): readonly string[] => {
      const opened = oldMapSettings.open();
      change(opened);
      return thrownBy(() => opened.load()).hints;
    };
    expect(refusal(({ maps }) => (maps.counts.mapExtra = 5n))).toEqual([
      "It is its map_extra, 0x5: with none this kernel takes the map.",
    ]);
    expect(refusal(({ maps }) => (maps.counts.numaNode = 4711))).toEqual([
      "It is its numa_node, 4711: with node 0 this kernel takes the map.",
    ]);
    expect(refusal(({ maps }) => (maps.counts.flags = 0x4000_0000))).toEqual([
      "It is its map_flags, 0x40000000: with 0x0 this kernel takes the map.",
    ]);
    expect(refusal(({ maps }) => (maps.jobs.keySize = 4))).toEqual([
      "It is its key size, 4 bytes: with 0 this kernel takes the map.",
    ]);
    expect(refusal(({ maps }) => (maps.jobs.valueSize = 0))).toEqual([
      "It is its value size, 0 bytes: with 4 this kernel takes the map.",
    ]);
  });

  it("make the last array of a section longer, for programs and for bpftool", () => {
    const opened = mapSettings.open();
    opened.progs.sum.autoload = true;
    opened.rodata.length = 1000;
    expect(() => opened.load()).toThrow(/outside of the allowed memory range|invalid access to map value/u);
    opened.sections.data_numbers.valueSize = 8 + 8 * 1000;
    using skel = opened.load();
    expect([runOnFrame(skel.progs.sum), skel.bss.total, skel.data_numbers.before]).toEqual([7, 5n, 7]);
    expect(runOnFrame(skel.progs.sum)).toBe(7);
    expect(skel.bss.total).toBe(5n + (999n * 1000n) / 2n);
    using fd = Fd.duplicate(skel.sections.data_numbers.fd, "numbers");
    const contents = new BigUint64Array(1001);
    mapLookup(fd, new Uint8Array(4), new Uint8Array(contents.buffer));
    expect([contents[0], contents[1], contents[1000]]).toEqual([7n, 0n, 999n]);
    const [{ formatted }] = dumped(skel.sections.data_numbers) as [{ formatted: { value: Record<string, unknown[]> } }];
    expect(JSON.stringify(formatted.value)).toContain("998,999]");
  });

  it("make a section longer whose last variable is no array, without types", () => {
    const opened = mapSettings.open();
    opened.sections.bss.valueSize = 4096;
    using skel = opened.load();
    expect(shown(skel.sections.bss)).toMatchObject({ bytes_value: 4096 });
    expect(skel.bss.total).toBe(0n);
  });
});

describeWithKernel("a map that is not made", {}, () => {
  it("is no harm to programs that get by without it", () => {
    const opened = mapSettings.open();
    opened.maps.optional.autocreate = false;
    opened.rodata.use_optional = 0;
    using skel = opened.load();
    expect(runOnFrame(skel.progs.guarded)).toBe(100);
    const error = thrownBy(() => skel.maps.optional.get(1));
    expect(error).toMatchObject({
      code: "bad-input",
      message: 'map "optional" of map-settings was not made: its autocreate is off',
    });
    expect(() => skel.maps.optional.fd).toThrow(/not made/u);
    expect([skel.maps.optional.kind, skel.maps.optional.maxEntries]).toEqual(["array", 10]);
  });

  // libbpf's words (`fixup_log_missing_map_load`).
  it("is named by the error when a program needs it", () => {
    const opened = mapSettings.open();
    opened.maps.optional.autocreate = false;
    opened.progs.guarded.autoload = false;
    opened.progs.needs.autoload = true;
    const error = thrownBy(() => opened.load());
    if (!(error instanceof VerifierError)) throw error;
    expect(error.message).toContain("BPF map 'optional' is referenced but wasn't created");
    expect(error.log.join("\n")).toMatch(/^\d+: <invalid BPF map reference>\nBPF map 'optional' is referenced but/mu);
  });
});

describeWithKernel("maps that exist", {}, () => {
  it("are shared between skeletons, each of which closes its own descriptor", () => {
    const first = mapSettings.load({ maps: { counts: { maxEntries: 55 } } });
    const opened = mapSettings.open();
    opened.maps.counts.reuse(first.maps.counts);
    opened.sections.bss.reuse(first.sections.bss);
    opened.sections.rodata.reuse(first.sections.rodata);
    using second = opened.load();
    expect(second.maps.counts.maxEntries).toBe(55);
    first.maps.counts.set(1, 11n);
    first.bss.total = 5n;
    expect([second.maps.counts.get(1), second.bss.total]).toEqual([11n, 5n]);
    first.close();
    expect([second.maps.counts.get(1), second.bss.total, second.rodata.length]).toEqual([11n, 5n, 1]);
  });

  it("are given by the path of their pin, or by their descriptor", () => {
    using bpffs = mountBpffs();
    using first = mapSettings.load();
    first.maps.counts.set(3, 33n);
    first.maps.counts.pin(`${bpffs.path}/counts`);
    using byPath = mapSettings.load({ maps: { counts: { reuse: `${bpffs.path}/counts` } } });
    using byNumber = mapSettings.load({ maps: { counts: { reuse: first.maps.counts.fd } } });
    expect([byPath.maps.counts.get(3), byNumber.maps.counts.get(3)]).toEqual([33n, 33n]);
  });

  it("must be of the same kind and sizes, and maps", () => {
    using other = innerMaps.load();
    using bpffs = mountBpffs();
    const refusal = (reuse: Parameters<ReturnType<typeof mapSettings.open>["maps"]["counts"]["reuse"]>[0]): Error =>
      thrownBy(() => mapSettings.load({ maps: { counts: { reuse } } }));
    expect(refusal(other.maps.first)).toBeInstanceOf(IncompatibleMapError);
    expect(refusal(other.maps.first).message).toBe(
      'using the map "first" that was given as map "counts": type is array, not hash',
    );
    expect(refusal(`${bpffs.path}/nothing`).message).toBe(
      `opening map "counts": nothing is pinned at ${bpffs.path}/nothing`,
    );
    expect(refusal(other.progs.entry.fd).message).toBe(
      'using something else as map "counts": it is no map (anon_inode:bpf-prog)',
    );
    expect(refusal(99999).message).toContain('using the descriptor 99999 as map "counts": fcntl failed with EBADF');
    other.close();
    expect(refusal(other.maps.first)).toMatchObject({ code: "closed" });
  });
});
