import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { text, u16, u32, u64 } from "../../src/runtime/codecs.ts";
import { base64, external } from "../../src/runtime/embed.ts";
import { defineSkeleton } from "../../src/runtime/skeleton.ts";
import type { SkeletonSpec } from "../../src/runtime/spec.ts";
import { opencount, opencountObject, opencountSpec } from "./opencount-skeleton.ts";

// What people who don't use TypeScript can write.
const any = (value: unknown): never => value as never;

describe("defining a skeleton", () => {
  it("reads nothing", () => {
    const object = (): never => {
      throw new Error("the object was read");
    };
    const skeleton = defineSkeleton({ ...opencountSpec, object });
    expect(skeleton.name).toBe("opencount");
    expect(() => skeleton.open()).toThrow("the object was read");
  });
});

describe("an opened skeleton", () => {
  it("shows what the object says", () => {
    const opened = opencount.open();
    expect(opened.name).toBe("opencount");
    expect(opened.maps.opens_by_pid).toMatchObject({ kind: "hash", keySize: 4, valueSize: 8, maxEntries: 10240 });
    expect(opened.maps.reports).toMatchObject({ kind: "ringbuf", maxEntries: 262144 });
    expect(opened.progs.handle_openat).toMatchObject({
      name: "handle_openat",
      section: "tracepoint/syscalls/sys_enter_openat",
      autoload: true,
    });
    expect({ ...opened.rodata }).toEqual({ report_every: 100n, only_uid: 0xffffffff });
    expect({ ...opened.bss }).toEqual({ total_opens: 0n, dropped_reports: 0n });
  });

  it("has variables that look like data", () => {
    const { rodata } = opencount.open();
    expect(Object.keys(rodata)).toEqual(["report_every", "only_uid"]);
    expect(inspect(rodata)).toBe("{ report_every: 100n, only_uid: 4294967295 }");
  });

  it("keeps what is set", () => {
    const opened = opencount.open();
    opened.rodata.report_every = 7n;
    opened.rodata.only_uid = 1000;
    opened.bss.total_opens = 5n;
    opened.maps.opens_by_pid.maxEntries = 4096;
    opened.progs.handle_openat.autoload = false;
    expect({ ...opened.rodata, ...opened.bss }).toEqual({
      report_every: 7n,
      only_uid: 1000,
      total_opens: 5n,
      dropped_reports: 0n,
    });
    expect(opened.maps.opens_by_pid.maxEntries).toBe(4096);
    expect(opened.progs.handle_openat.autoload).toBe(false);
    opened.progs.handle_openat.attachTarget = { function: "f", program: 3 };
    expect(opened.progs.handle_openat.attachTarget).toEqual({ function: "f", program: 3 });
    opened.progs.handle_openat.attachTarget = undefined;
    expect(opened.progs.handle_openat.attachTarget).toBeUndefined();
    expect(opencount.open().rodata.report_every).toBe(100n);
  });

  it("takes the same settings in one go", () => {
    const opened = opencount.open({
      rodata: { report_every: 7n },
      bss: { dropped_reports: 1n },
      maps: { opens_by_pid: { maxEntries: 16 } },
      progs: { handle_openat: { autoload: false } },
    });
    expect({ ...opened.rodata }).toEqual({ report_every: 7n, only_uid: 0xffffffff });
    expect(opened.bss.dropped_reports).toBe(1n);
    expect([opened.maps.opens_by_pid.maxEntries, opened.maps.reports.maxEntries]).toEqual([16, 262144]);
    expect(opened.progs.handle_openat.autoload).toBe(false);
  });

  it.each<[string, () => unknown, string]>([
    [
      "a number for a u64",
      () => (opencount.open().rodata.report_every = any(5)),
      "rodata.report_every: u64 takes a bigint, not 5 (write 5n)",
    ],
    [
      "too large a number",
      () => (opencount.open().rodata.only_uid = -1),
      "rodata.only_uid: -1 does not fit u32 (0 to 4294967295)",
    ],
    [
      "a variable that is not there",
      () => ((any(opencount.open().rodata) as { x: number }).x = 1),
      "object is not extensible",
    ],
    [
      "no entries",
      () => (opencount.open().maps.opens_by_pid.maxEntries = 0),
      'map "opens_by_pid": maxEntries takes an integer from 1 to 4294967295, not 0',
    ],
    ["too many entries", () => (opencount.open().maps.opens_by_pid.maxEntries = 2 ** 32), "not 4294967296"],
    ["half an entry", () => (opencount.open().maps.opens_by_pid.maxEntries = 0.5), "not 0.5"],
    [
      "autoload that is no boolean",
      () => (opencount.open().progs.handle_openat.autoload = any("no")),
      'program "handle_openat": autoload takes true or false, not "no"',
    ],
    ...["f", {}, { function: "" }, { function: 1 }, { program: 0 }, { program: "ask" }, null].map(
      (target): [string, () => unknown, string] => [
        `attach target ${inspect(target)}`,
        () => opencount.open({ progs: { handle_openat: { attachTarget: any(target) } } }),
        'program "handle_openat": attachTarget takes { function: "NAME" }, { program }, or both, not ',
      ],
    ),
    [
      "settings for an unknown map",
      () => opencount.open({ maps: any({ nope: {} }) }),
      'settings for opencount: it has no map "nope"',
    ],
    ["settings for an unknown program", () => opencount.open({ progs: any({ nope: {} }) }), 'it has no program "nope"'],
    [
      "settings for an unknown variable",
      () => opencount.open({ rodata: any({ nope: 1 }) }),
      'it has no variable in rodata "nope"',
    ],
    [
      "settings for an unknown section",
      () => opencount.open(any({ data: {} })),
      'it has no section of variables "data"',
    ],
    [
      "settings with a wrong value",
      () => opencount.open({ rodata: any({ report_every: "x" }) }),
      'rodata.report_every: u64 takes a bigint, not "x"',
    ],
  ])("refuses %s", (_, set, message) => {
    expect(set).toThrow(message);
  });
});

describe("an object that is not the skeleton's", () => {
  const changed =
    (change: Partial<SkeletonSpec>): (() => unknown) =>
    () =>
      defineSkeleton({ ...opencountSpec, ...change }).open();
  const { maps, globals } = opencountSpec;

  it.each<[string, Partial<SkeletonSpec>, string]>([
    ["lacks a map", { maps: { nope: { type: "other" } } }, 'it has no map "nope"'],
    [
      "has a map of another kind",
      { maps: { reports: { type: "array", value: u32 } } },
      'its map "reports" is of kind ringbuf, not array',
    ],
    [
      "has other keys",
      { maps: { opens_by_pid: { type: "hash", key: u16, value: u64 } } },
      'keys of its map "opens_by_pid" have 4 bytes, not 2',
    ],
    [
      "has other values",
      { maps: { opens_by_pid: { type: "hash", key: u32, value: u16 } } },
      'values of its map "opens_by_pid" have 8 bytes, not 2',
    ],
    ["lacks a program", { progs: ["handle_openat", "nope"] }, 'it has no program "nope"'],
    ["lacks a section", { globals: { data: { section: ".data", size: 4, fields: {} } } }, "it has no section .data"],
    [
      "has a section of another size",
      { globals: { bss: { section: ".bss", size: 24, fields: {} } } },
      "its section .bss has 16 bytes, not 24",
    ],
    [
      "lacks a variable",
      { globals: { bss: { section: ".bss", size: 16, fields: { nope: [0, u64] } } } },
      'its section .bss has no variable "nope"',
    ],
    [
      "has a variable elsewhere",
      { globals: { bss: { section: ".bss", size: 16, fields: { total_opens: [8, u64] } } } },
      'its variable "total_opens" is at byte 0 of .bss, not at 8',
    ],
    [
      "has a smaller variable",
      { globals: { bss: { section: ".bss", size: 16, fields: { total_opens: [0, text(16)] } } } },
      'its variable "total_opens" has 8 bytes, not 16',
    ],
    ["differs in several ways", { maps: {}, progs: ["a", "b"], globals }, 'it has no program "a" (and 1 more)'],
  ])("is refused when it %s", (_, change, message) => {
    const open = changed(change);
    expect(open).toThrow(
      `opening opencount: the object is not the one that the skeleton was generated from: ${message}`,
    );
    expect(open).toThrow(
      expect.objectContaining({ code: "bad-input", hints: [expect.stringMatching(/^Regenerate/u)] }),
    );
  });

  it("may have more than the skeleton knows", () => {
    expect(changed({ maps: { reports: maps["reports"] ?? { type: "other" } }, progs: [], globals: {} })).not.toThrow();
  });

  it("is refused when it is no object at all", () => {
    expect(changed({ object: () => new Uint8Array(100) })).toThrow(expect.objectContaining({ code: "bad-elf" }));
  });
});

describe("objects in generated modules", () => {
  const object = readFileSync(opencountObject);
  const sha256 = createHash("sha256").update(object).digest("hex");

  it("are base64 in lines", () => {
    const lines = object.toString("base64").replace(/(.{100})/gu, "$1\n");
    const bytes = base64(`\n${lines}\n`);
    expect(Buffer.from(bytes).equals(object)).toBe(true);
    expect(bytes.byteOffset).toBe(0);
  });

  it("are files beside them, with a checksum", () => {
    expect(Buffer.from(external(opencountObject, sha256)).equals(object)).toBe(true);
    expect(Buffer.from(external(opencountObject, sha256.toUpperCase())).equals(object)).toBe(true);
  });

  it("are refused when they are missing or others", () => {
    const dir = mkdtempSync(join(tmpdir(), "core-gen-"));
    try {
      const file = pathToFileURL(join(dir, "x.bpf.o"));
      expect(() => external(file, sha256)).toThrow(/^reading the object .*x\.bpf\.o failed: ENOENT/u);
      writeFileSync(file, object.subarray(1));
      expect(() => external(file, sha256)).toThrow(/x\.bpf\.o is not the object that its skeleton was generated from/u);
      expect(() => external(file, sha256)).toThrow(expect.toSatisfy(isCoreGenError) as Error);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
