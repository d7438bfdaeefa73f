import { describe, expect, it } from "vitest";

import { parseDuration } from "../../src/cli/run/duration.ts";
import { drawHistogram, isHistogram } from "../../src/cli/run/histogram.ts";
import { printContents } from "../../src/cli/run/print-contents.ts";
import { RecordPrinter } from "../../src/cli/run/print-records.ts";
import { parseSettings } from "../../src/cli/run/settings.ts";
import { toJson } from "../../src/cli/run/to-json.ts";

describe("a duration", () => {
  it.each([
    ["10s", 10_000],
    ["500ms", 500],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
  ])("%s is %d milliseconds", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(["", "10", "s", "0s", "-1s", "1e3s", "10 s", "600h", "10d"])("is not %j", (text) => {
    expect(() => parseDuration(text)).toThrow("this is no duration from 1ms to 24 days");
  });
});

describe("a setting", () => {
  it("has a section, a variable and a value, in which anything may be", () => {
    expect(parseSettings(["rodata.text=a=b.c"])).toEqual([{ section: "rodata", variable: "text", value: "a=b.c" }]);
  });

  it.each(["", "rodata", "rodata.x", "x=1", ".x=1", "rodata.=1"])("is not %j", (text) => {
    expect(() => parseSettings([text])).toThrow("this is not of the form SECTION.VARIABLE=VALUE");
  });
});

describe("JSON of values", () => {
  it("keeps all digits of large integers, and bytes as text", () => {
    const value = { a: 2n ** 64n - 1n, b: new Uint8Array([1, 255]), c: [true, null, 1.5], 'd"': "x\ny", e: NaN };
    expect(toJson(value)).toBe(`{"a":18446744073709551615,"b":"01ff","c":[true,null,1.5],"d\\"":"x\\ny","e":null}`);
  });
});

describe("a table of records", () => {
  const event = { pid: 1234567, comm: "a-very-long-name", size: 5n, path: "/usr/bin/true" };

  it("says its heading once, and again when the buffer changes", () => {
    const printer = new RecordPrinter({ json: false, width: 80, nameMaps: true });
    const lines = [
      ...printer.lines("one", { pid: 1 }),
      ...printer.lines("one", { pid: 2 }),
      ...printer.lines("two", { tid: 3 }),
      ...printer.lines("one", { pid: 4 }),
    ];
    expect(lines.map((line) => line.trim())).toEqual(["one:", "PID", "1", "2", "two:", "TID", "3", "one:", "PID", "4"]);
  });

  it("says the heading of another struct in the same buffer", () => {
    const printer = new RecordPrinter({ json: false, width: 80, nameMaps: false });
    const lines = [...printer.lines("m", { pid: 1 }), ...printer.lines("m", { tid: 2, code: 3 })];
    expect(lines.map((line) => line.trim().split(/\s+/u))).toEqual([["PID"], ["1"], ["TID", "CODE"], ["2", "3"]]);
  });

  it.each([80, 160])("fits into %d columns where only its last text is longer", (width) => {
    const lines = new RecordPrinter({ json: false, width, nameMaps: false }).lines("m", event);
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.length <= width)).toBe(true);
    expect(lines[1]).toContain("a-very-long-name");
  });

  it("cuts text where there is no room, and never numbers", () => {
    const [, line = ""] = new RecordPrinter({ json: false, width: 40, nameMaps: false }).lines("m", event);
    expect(line).toContain("a-very-…");
    expect(line).toContain("1234567");
    expect(line).toContain("/usr/bin/true");
  });

  it("lets no byte of a record steer the terminal", () => {
    const lines = new RecordPrinter({ json: false, width: 80, nameMaps: false }).lines("m", { comm: "a\u001b[2Jb\nc" });
    expect(lines[1]).toBe("a?[2Jb?c");
  });
});

describe("a histogram", () => {
  it("is an array of counts, neither a few counters nor anything else", () => {
    expect(isHistogram([0, 1, 2, 3, 4, 5, 6, 7])).toBe(true);
    expect(isHistogram([0n, 1n, 2n])).toBe(false);
    expect(isHistogram([-1, 1, 2, 3, 4, 5, 6, 7])).toBe(false);
    expect(isHistogram(["a", 1, 2, 3, 4, 5, 6, 7])).toBe(false);
  });

  it("has a row for each power of two up to the last that was counted", () => {
    expect(drawHistogram([0, 5, 10, 0, 1, 0, 0, 0], 80)).toEqual([
      "      0 -> 1 :  0 |                                        |",
      "      2 -> 3 :  5 |********************                    |",
      "      4 -> 7 : 10 |****************************************|",
      "     8 -> 15 :  0 |                                        |",
      "    16 -> 31 :  1 |****                                    |",
    ]);
  });
});

describe("what maps and variables hold", () => {
  it("is a histogram only where its name says so, with a hash's counts at their slots", () => {
    const entries = Array.from({ length: 10 }, (_, i) => ({ key: i * 2, value: i + 1 }));
    const named = (name: string): string => printContents({ maps: { [name]: entries }, variables: {} }, 80);
    expect(named("by_pid")).toContain("\n  18  10\n");
    expect(named("hist")).toMatch(/ 262144 -> 524287 : 10 \|\*+\|\n/u);
    expect(named("hist")).toMatch(/ 8 -> 15 : {2}0 \| +\|\n/u);
  });

  it("is printed with the largest first, and without what is empty", () => {
    const maps = {
      counts: [
        { key: 1, value: 5n },
        { key: 2, value: 50n },
        { key: 3, value: 0n },
      ],
      none: [],
    };
    expect(printContents({ maps, variables: { bss: { total: 55n } } }, 80)).toBe(
      "\ncounts:\n  2  50\n  1  5\n\nnone: empty\n\nbss:\n  total = 55\n",
    );
  });
});
