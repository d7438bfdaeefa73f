import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCoreGenError } from "../../../src/errors.ts";
import { mapTypes } from "../../../src/object/bpf-enums.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../../src/object/model.ts";
import { openObject } from "../../../src/object/open.ts";
import { findSectionDef } from "../../../src/object/sections.ts";
import { hostIsLittleEndian } from "../../../src/runtime/memory.ts";
import { checkBeforeLoading } from "../../../src/runtime/load/check.ts";
import type { LoadSettings } from "../../../src/runtime/load/types.ts";

const opencount = openObject(readFileSync("examples/opencount/opencount.bpf.o"), { what: "opencount.bpf.o" });
const nothing: LoadSettings = { autoload: new Map(), maxEntries: new Map(), contents: new Map() };

function refusal(
  object: BpfObject,
  settings: Partial<LoadSettings> = {},
): { code: string; message: string; hints: readonly string[] } {
  try {
    checkBeforeLoading(object, { ...nothing, ...settings });
  } catch (error) {
    if (isCoreGenError(error)) return { code: error.code, message: error.message, hints: error.hints };
    throw error;
  }
  throw new Error("it was not refused");
}

const withProgram = (change: Partial<BpfProgram>): BpfObject => ({
  ...opencount,
  programs: opencount.programs.map((program) => ({ ...program, ...change })),
});
const withMap = (change: Partial<MapDef>): BpfObject => ({
  ...opencount,
  maps: opencount.maps.map((map, index) => (index === 0 ? { ...map, ...change } : map)),
});
const section = (name: string): Partial<BpfProgram> => ({ section: name, def: findSectionDef(name) });

describe("checkBeforeLoading", () => {
  it("lets through the programs that will be loaded", () => {
    expect(checkBeforeLoading(opencount, nothing).map(({ name }) => name)).toEqual(["handle_openat"]);
    expect(checkBeforeLoading(withProgram({ autoload: false }), nothing)).toEqual([]);
    expect(checkBeforeLoading(opencount, { ...nothing, autoload: new Map([["handle_openat", false]]) })).toEqual([]);
  });

  it.each<[string, BpfObject, Partial<LoadSettings>, string, string]>([
    ["a byte order", { ...opencount, littleEndian: !hostIsLittleEndian }, {}, "bad-object", "compiled for"],
    [
      "autoload",
      opencount,
      { autoload: new Map([["handle_open", true]]) },
      "bad-input",
      'it has no program "handle_open"',
    ],
    ["map sizes", opencount, { maxEntries: new Map([["report", 1]]) }, "bad-input", 'it has no map "report"'],
    ["sizes of data", opencount, { maxEntries: new Map([[".bss", 2]]) }, "bad-input", 'it has no map ".bss"'],
    ["a negative size", opencount, { maxEntries: new Map([["reports", -1]]) }, "bad-input", "can't have -1 entries"],
    [
      "a huge size",
      opencount,
      { maxEntries: new Map([["reports", 2 ** 32]]) },
      "bad-input",
      "can't have 4294967296 entries",
    ],
    [
      "a section",
      opencount,
      { contents: new Map([[".data", new Uint8Array(1)]]) },
      "bad-input",
      'it has no section ".data"',
    ],
    [
      "contents",
      opencount,
      { contents: new Map([[".rodata", new Uint8Array(1)]]) },
      "bad-input",
      "section .rodata has 12 bytes, and contents of 1 bytes were given",
    ],
    ["pins", withMap({ pinning: 1 }), {}, "unsupported", 'the map "opens_by_pid" is pinned'],
    [
      "maps in maps",
      withMap({ type: mapTypes.indexOf("hash_of_maps") }),
      {},
      "unsupported",
      "of the kind hash_of_maps",
    ],
    [
      "targets of programs that have none",
      opencount,
      { attachTargets: new Map([["handle_openat", { function: "f" }]]) },
      "bad-input",
      'program "handle_openat" is in SEC("tracepoint/syscalls/sys_enter_openat"), which attaches to no function',
    ],
    [
      "targets of no program",
      opencount,
      { attachTargets: new Map([["handle", { function: "f" }]]) },
      "bad-input",
      'it has no program "handle"',
    ],
    [
      "unknown sections",
      withProgram(section("nonsense")),
      {},
      "bad-object",
      'no kind of program is called SEC("nonsense")',
    ],
    [
      "missing targets",
      withProgram(section("fentry")),
      {},
      "bad-object",
      'SEC("fentry") does not say what it attaches to',
    ],
  ])("refuses %s", (_what, object, settings, code, message) => {
    const error = refusal(object, settings);
    expect(error.code).toBe(code);
    expect(error.message).toContain("loading opencount.bpf.o: ");
    expect(error.message).toContain(message);
  });

  it("names what is near", () => {
    expect(refusal(opencount, { maxEntries: new Map([["report", 1]]) }).hints).toEqual(["Near it: reports."]);
  });

  it("does not mind programs that are not loaded", () => {
    expect(checkBeforeLoading(withProgram({ ...section("freplace/f"), autoload: false }), nothing)).toEqual([]);
  });
});
