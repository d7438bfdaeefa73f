import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCoreGenError } from "../../../src/errors.ts";
import { mapTypes } from "../../../src/object/bpf-enums.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../../src/object/model.ts";
import { openObject } from "../../../src/object/open.ts";
import { findSectionDef } from "../../../src/object/sections.ts";
import { hostIsLittleEndian } from "../../../src/runtime/memory.ts";
import { checkBeforeLoading } from "../../../src/runtime/load/check.ts";
import { checkMaps } from "../../../src/runtime/load/check-maps.ts";
import { planMaps } from "../../../src/runtime/load/plan-maps.ts";
import type { LoadSettings } from "../../../src/runtime/load/types.ts";

const opencount = openObject(readFileSync("examples/opencount/opencount.bpf.o"), { what: "opencount.bpf.o" });
const nothing: LoadSettings = { autoload: new Map(), maps: new Map(), contents: new Map() };

function refusal(
  object: BpfObject,
  settings: Partial<LoadSettings> = {},
): { code: string; message: string; hints: readonly string[] } {
  try {
    const all = { ...nothing, ...settings };
    const programs = checkBeforeLoading(object, all);
    checkMaps(object, planMaps(object, all), programs, all);
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
    ["changes of maps", opencount, { maps: new Map([["report", {}]]) }, "bad-input", 'it has no map "report"'],
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
    [
      "kinds of maps",
      withMap({ type: mapTypes.indexOf("insn_array") }),
      {},
      "unsupported",
      'the map "opens_by_pid" is of the kind insn_array',
    ],
    [
      "pins outside of a BPF file system",
      withMap({ pinning: 1 }),
      { pinRoot: "/tmp/no/such" },
      "bad-input",
      'pinning map "opens_by_pid" at /tmp/no/such/opens_by_pid: /tmp is not in a BPF file system',
    ],
    [
      "elements that hold a map that is not made",
      withMap({
        type: mapTypes.indexOf("array_of_maps"),
        slots: [{ index: 3, target: { kind: "map", at: 1 } }],
      }),
      { maps: new Map([["reports", { autocreate: false }]]) },
      "bad-input",
      'element 3 of map "opens_by_pid" is to hold the map "reports", whose autocreate is off',
    ],
    [
      "elements that hold a program that is not loaded",
      withMap({
        type: mapTypes.indexOf("prog_array"),
        slots: [{ index: 0, target: { kind: "program", at: 0 } }],
      }),
      { autoload: new Map([["handle_openat", false]]) },
      "bad-input",
      'element 0 of map "opens_by_pid" is to hold the program "handle_openat", whose autoload is off',
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
    expect(refusal(opencount, { maps: new Map([["report", {}]]) }).hints).toEqual(["Near it: reports."]);
  });

  it("does not mind programs that are not loaded", () => {
    expect(checkBeforeLoading(withProgram({ ...section("freplace/f"), autoload: false }), nothing)).toEqual([]);
  });
});
