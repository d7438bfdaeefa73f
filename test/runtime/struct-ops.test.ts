import { readFileSync } from "node:fs";
import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { mapTypes } from "../../src/object/bpf-enums.ts";
import { openObject } from "../../src/object/open.ts";
import { u32, u64 } from "../../src/runtime/codecs.ts";
import { encodeStructOpsMap } from "../../src/runtime/load/struct-ops.ts";
import { defineSkeleton } from "../../src/runtime/skeleton.ts";
import type { SkeletonSpec, StructOpsSpec } from "../../src/runtime/spec.ts";
import { congestion } from "../golden/congestion.skel.ts";
import { thrownBy } from "../support/thrown.ts";

// What people who don't use TypeScript can write.
const any = (value: unknown): never => value as never;

describe("struct_ops maps of an opened skeleton", () => {
  it("show what the object says", () => {
    const { structOps, progs, maps } = congestion.open();
    expect(Object.keys(structOps)).toEqual(["by_map", "by_link", "for_update"]);
    expect({ ...structOps.by_map }).toEqual({
      ssthresh: progs.halve,
      cong_avoid: progs.grow,
      undo_cwnd: progs.keep,
      pkts_acked: null,
      flags: 0,
      name: "cg_map",
      init: progs.count_init,
    });
    expect(structOps.for_update.nor_this).toBe(false);
    expect(maps.by_map).toMatchObject({ kind: "struct_ops", keySize: 4, valueSize: 72, autocreate: true });
    expect(maps.for_update.autocreate).toBe(false);
  });

  it("have members that look like data", () => {
    const { by_link } = congestion.open().structOps;
    expect(inspect(by_link, { depth: 0 })).toContain("name: 'cg_link'");
  });

  it("keep what is set", () => {
    const opened = congestion.open();
    const { by_map } = opened.structOps;
    by_map.name = "cg_other";
    by_map.flags = 1;
    by_map.init = null;
    by_map.pkts_acked = opened.progs.count_samples;
    expect([by_map.name, by_map.flags, by_map.init, by_map.pkts_acked.name]).toEqual([
      ...["cg_other", 1],
      ...[null, "count_samples"],
    ]);
    expect(congestion.open().structOps.by_map.name).toBe("cg_map");
  });

  it("take the same settings in one go, functions by name", () => {
    const opened = congestion.open({
      maps: { for_update: { autocreate: true } },
      structOps: { by_map: { name: "halve", init: null, pkts_acked: "count_samples" }, by_link: {} },
    });
    const { by_map } = opened.structOps;
    expect([by_map.name, by_map.init, by_map.pkts_acked]).toEqual(["halve", null, opened.progs.count_samples]);
    expect(opened.maps.for_update.autocreate).toBe(true);
  });

  it.each<[string, object, string]>([
    ["a map that is not there", { nope: {} }, 'settings for congestion: it has no struct_ops map "nope"'],
    ["a member that can't be set", { by_map: { owner: 1 } }, 'settings for congestion: it has no member to set in by_map "owner"'],
    ["a program that is not there", { by_map: { init: "nope" } }, 'structOps.by_map.init takes one of the opened skeleton\'s progs, or null, not "nope"'],
    ["a program of another skeleton", { by_map: { init: congestion.open().progs.keep } }, "structOps.by_map.init takes one of the opened skeleton's progs, or null, not something else"],
    ["a number for a function", { by_map: { init: 5 } }, "structOps.by_map.init takes one of the opened skeleton's progs, or null, not 5"],
    ["a number that is too large", { by_map: { flags: 2 ** 32 } }, "structOps.by_map.flags: 4294967296 does not fit u32 (0 to 4294967295)"],
    ["a text that is too long", { by_map: { name: "x".repeat(17) } }, `structOps.by_map.name: "${"x".repeat(17)}" is 17 bytes of UTF-8, too many for char[16]`],
  ])("refuse %s", (_, structOps, message) => {
    expect(() => congestion.open({ structOps: any(structOps) })).toThrow(message);
  }); // prettier-ignore

  it("have no other members", () => {
    const { by_map } = congestion.open().structOps;
    expect(() => {
      (by_map as unknown as Record<string, unknown>)["nope"] = 1;
    }).toThrow(TypeError);
  });

  it("refuse anything but a boolean for autocreate", () => {
    expect(() => (congestion.open().maps.by_map.autocreate = any(1))).toThrow(
      new TypeError('map "by_map": autocreate takes true or false, not 1'),
    );
  });
});

describe("a skeleton of another object", () => {
  const bytes = (): Uint8Array => readFileSync(new URL("../golden/congestion.bpf.o", import.meta.url));
  const spec = (fields: StructOpsSpec["fields"], size = 72, map = "by_map"): SkeletonSpec => {
    const structOps = { [map]: { size, fields } };
    return { format: 1, name: "x", object: bytes, maps: {}, progs: [], globals: {}, structOps };
  };

  it("is opened when everything is the same", () => {
    const opened = defineSkeleton(spec({ flags: [32, u32], init: [56, "program"] })).open() as unknown as {
      structOps: { by_map: object };
    };
    // Programs that the skeleton does not know are there all the same.
    expect({ ...opened.structOps.by_map }).toEqual({ flags: 0, init: null });
  });

  it.each<[string, SkeletonSpec, string]>([
    ["without the map", spec({}, 72, "nope"), 'it has no struct_ops map "nope"'],
    ["with another kind of map", spec({}, 72, ".bss"), 'it has no struct_ops map ".bss"'],
    ["with another size", spec({}, 80), 'its struct_ops map "by_map" has 72 bytes, not 80'],
    ["without a member", spec({ nope: [0, u32] }), 'its struct_ops map "by_map" has no member "nope"'],
    ["with a member elsewhere", spec({ flags: [36, u32] }), 'its struct_ops map "by_map" has another "flags", or has it at another place'],
    ["with a member of another size", spec({ flags: [32, u64] }), 'its struct_ops map "by_map" has another "flags", or has it at another place'],
    ["with a number for a function", spec({ flags: [32, "program"] }), 'its struct_ops map "by_map" has another "flags", or has it at another place'],
  ])("%s is refused", (_, other, problem) => {
    expect(thrownBy(() => defineSkeleton(other).open()).message).toBe(
      `opening x: the object is not the one that the skeleton was generated from: ${problem}`,
    );
  }); // prettier-ignore
});

describe("creating a map of struct_ops", () => {
  const object = openObject(readFileSync(new URL("../golden/congestion.bpf.o", import.meta.url)));
  const def = object.maps.find(({ name }) => name === "by_link")!;
  const kernel = { valueTypeId: 4711, valueSize: 256 };

  it("names the kernel's type and the object's types", () => {
    const { bytes } = encodeStructOpsMap(def, kernel, { btf: { number: 10 } });
    const view = new DataView(bytes.buffer);
    const words = [0, 4, 8, 12, 16, 48, 52, 56, 60].map((at) => view.getUint32(at, true));
    expect(words).toEqual([mapTypes.indexOf("struct_ops"), 4, 256, 1, 0x2000, 10, 0, 0, 4711]);
  });

  it("names the module that the type is in, as libbpf does (BPF_F_VTYPE_BTF_OBJ_FD)", () => {
    const { bytes } = encodeStructOpsMap(def, kernel, { btf: { number: 10 }, module: 11 });
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(16, true), view.getInt32(72, true)]).toEqual([0x2000 | 0x8000, 11]);
  });
});
