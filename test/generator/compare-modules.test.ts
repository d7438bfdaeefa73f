import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { describeLayoutChanges } from "../../src/generator/compare-modules.ts";

const module = readFileSync(new URL("../../examples/execsnoop/execsnoop.skel.ts", import.meta.url), "utf8");

/** The module as it was before somebody changed the C. */
function earlier(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [now, then]) => {
    expect(text).toContain(now);
    return text.replace(now, then);
  }, module);
}

describe("describeLayoutChanges", () => {
  it("has nothing to say of the same types", () => {
    expect(describeLayoutChanges(module, module)).toEqual([]);
    expect(describeLayoutChanges(earlier(["f0VMRgIBAQ", "f0VMRgIBAR"]), module)).toEqual([]);
  });

  it("says which member is new, which one moved and what became of the size", () => {
    const before = earlier(
      ["`struct event`, 280 bytes", "`struct event`, 276 bytes"],
      ["  /** `u32 ppid` at 4, 4 bytes */\n  ppid: number;\n", ""],
      ["`char comm[16]` at 8, 16 bytes", "`char comm[16]` at 4, 16 bytes"],
      ["`char filename[256]` at 24", "`char filename[256]` at 20"],
    );
    expect(describeLayoutChanges(before, module)).toEqual([
      "Event is made from `struct event`, 280 bytes, was `struct event`, 276 bytes",
      "Event.comm is at 8, 16 bytes, was at 4, 16 bytes",
      "Event.filename is at 24, 256 bytes, was at 20, 256 bytes",
      "Event.ppid is new: u32 ppid at 4, 4 bytes",
    ]);
  });

  it("says that a member is gone, and that one is of another type", () => {
    const before = earlier(
      ["`u32 ppid` at 4, 4 bytes */\n", "`s32 ppid` at 4, 4 bytes */\n"],
      ["  comm: string;\n", "  comm: string;\n  /** `u8 pad` at 24, 1 byte */\n  pad: number;\n"],
    );
    expect(describeLayoutChanges(before, module)).toEqual([
      "Event.ppid is u32 ppid, was s32 ppid",
      "Event.pad is gone: u8 pad",
    ]);
  });

  it("says which types came and went", () => {
    const before = earlier(["export interface Event {", "export interface OldEvent {"]);
    expect(describeLayoutChanges(before, module)).toEqual(["OldEvent is gone", "Event is new"]);
  });

  it("reads comments that need several lines", () => {
    const long = "  /**\n   * `char comm[16]` at 8,\n   * 16 bytes: text up to the first NUL\n   */\n";
    const before = earlier(["  /** `char comm[16]` at 8, 16 bytes: text up to the first NUL */\n", long]);
    expect(describeLayoutChanges(before, module)).toEqual([]);
  });

  it("makes nothing of what is no module", () => {
    expect(describeLayoutChanges("", "")).toEqual([]);
    expect(describeLayoutChanges("export interface Event {", "/** `u8 x` at 0 */")).toEqual([]);
  });
});
