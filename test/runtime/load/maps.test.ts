import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mapTypes, type MapTypeName } from "../../../src/object/bpf-enums.ts";
import type { DataSection, MapDef } from "../../../src/object/model.ts";
import { openObject } from "../../../src/object/open.ts";
import { hostIsLittleEndian } from "../../../src/runtime/memory.ts";
import { encodeMap } from "../../../src/runtime/load/map-attr.ts";
import { kernelMapName, objectNameOf } from "../../../src/object/map-names.ts";
import { mapParams, ringbufSize } from "../../../src/object/map-params.ts";

const execsnoop = openObject(readFileSync("examples/execsnoop/execsnoop.bpf.o"), {
  what: "/some/where/execsnoop.bpf.o",
});

function map(name: string, section?: string, type: MapTypeName = "array"): MapDef {
  const template = execsnoop.maps[0];
  if (template === undefined) throw new Error("execsnoop has no maps");
  const data: DataSection | undefined =
    section === undefined
      ? undefined
      : { section, ident: "x", kind: "data", contents: new Uint8Array(4), variables: [] };
  return { ...template, name, type: mapTypes.indexOf(type), data };
}

const machine = { pageSize: 4096, possibleCpus: 2, mapsArrays: true };

describe("kernelMapName", () => {
  // What the kernel has after libbpf 1.1 loaded objects of these names.
  it.each([
    ["opencount", ".rodata", "opencoun.rodata"],
    ["opencount", ".bss", "opencoun.bss"],
    ["libbpf-tools__runqlat@384b0", ".rodata", "libbpf_t.rodata"],
    ["golang-github", ".bss", "golang_g.bss"],
    ["xdp-tests__test-tool@21378", ".data", "xdp_test.data"],
  ])("%s %s", (object, section, name) => {
    expect(kernelMapName(map(section, section), object)).toBe(name);
  });

  // internal_map_name: two dots, and the section stands alone.
  it.each([
    [".data.custom", ".data.custom"],
    [".rodata.a_long_name_of_mine", ".rodata.a_long_"],
    [".rodata.str1.1", ".rodata.str1.1"],
  ])("%s", (section, name) => {
    expect(kernelMapName(map(section, section), "opencount")).toBe(name);
  });

  it.each([
    ["events", "events"],
    ["a_name_of_more_than_15", "a_name_of_more_"],
    ["with.inner", "with.inner"],
    ["odd-name", "odd_name"],
  ])("%s", (name, expected) => {
    expect(kernelMapName(map(name), "opencount")).toBe(expected);
  });
});

describe("objectNameOf", () => {
  it("is the file's name up to the first dot", () => {
    expect(objectNameOf(execsnoop)).toBe("execsnoop");
  });
});

describe("ringbufSize", () => {
  // libbpf: adjust_ringbuf_sz.
  it.each([
    [0, 4096, 0],
    [1, 4096, 4096],
    [4096, 4096, 4096],
    [4097, 4096, 8192],
    [12288, 4096, 16384],
    [262144, 4096, 262144],
    [262144, 65536, 262144],
    [300000, 65536, 524288],
    [0x8000_0000, 4096, 0x8000_0000],
    [0x8000_0001, 4096, 0x8000_0001],
  ])("of %i with pages of %i is %i", (size, page, rounded) => {
    expect(ringbufSize(size, page)).toBe(rounded);
  });
});

describe("mapParams", () => {
  const BPF_F_MMAPABLE = 0x400;
  const variable = { name: "v", offset: 0, size: 4, typeId: 1, varId: 2 };
  const data = (exported: boolean): MapDef => {
    const section = map(".data", ".data");
    return section.data === undefined
      ? section
      : { ...section, data: { ...section.data, variables: [{ ...variable, exported }] }, flags: 0x80 };
  };

  // libbpf: map_is_mmapable.
  it("makes data mappable that has a variable with a name", () => {
    expect(mapParams(data(true), "x", machine).flags).toBe(0x80 | BPF_F_MMAPABLE);
    expect(mapParams(data(false), "x", machine).flags).toBe(0x80);
    expect(mapParams(map("events"), "x", machine).flags).toBe(0);
  });

  // libbpf: bpf_object__create_map.
  it.each<[MapTypeName, boolean]>([
    ["hash", true],
    ["array", true],
    ["percpu_hash", true],
    ["task_storage", true],
    ["perf_event_array", false],
    ["cgroup_array", false],
    ["stack_trace", false],
    ["devmap", false],
    ["devmap_hash", false],
    ["cpumap", false],
    ["xskmap", false],
    ["sockmap", false],
    ["sockhash", false],
    ["queue", false],
    ["stack", false],
  ])("of %s has types: %s", (kind, typed) => {
    const def = { ...map("m", undefined, kind), keySize: 4, valueSize: 4, keyTypeId: 3, valueTypeId: 5 };
    const { keyTypeId, valueTypeId } = mapParams(def, "m", machine);
    expect([keyTypeId, valueTypeId]).toEqual(typed ? [3, 5] : [0, 0]);
  });

  it("keeps sizes, but not those of what a perf buffer carries", () => {
    const def = { ...map("m", undefined, "hash"), keySize: 4, valueSize: 280, maxEntries: 8 };
    expect(mapParams(def, "m", machine)).toMatchObject({ keySize: 4, valueSize: 280, maxEntries: 8 });
    expect(mapParams({ ...def, type: mapTypes.indexOf("perf_event_array") }, "m", machine)).toMatchObject({
      keySize: 4,
      valueSize: 4,
    });
  });
});

// The bytes are what a C program with linux/bpf.h has in memory (gcc, x86-64).
describe.runIf(hostIsLittleEndian)("encodeMap", () => {
  const def: MapDef = { ...map("events", undefined, "hash"), keySize: 4, valueSize: 8, maxEntries: 10240 };
  const full: MapDef = { ...def, flags: 0x404, numaNode: 1, mapExtra: 5n, keyTypeId: 3, valueTypeId: 5 };
  const before = "010000000400000008000000002800000404000000000000010000006576656e747300000000000000000000";

  it("without types", () => {
    const { bytes } = encodeMap(mapParams(full, "events", machine), {});
    expect(Buffer.from(bytes).toString("hex")).toBe(`${before}00000000${"00".repeat(16)}0500000000000000`);
  });

  it("with types", () => {
    const { bytes } = encodeMap(mapParams(full, "events", machine), { btf: 7 });
    const types = "000000000700000003000000050000000000000005000000";
    expect(Buffer.from(bytes).toString("hex")).toBe(`${before}${types}00000000`);
  });
});
