import { describe, expect, it } from "vitest";
import { parseRecordFlags } from "../../src/cli/record-flags.ts";

describe("--record", () => {
  it("names a struct for each map", () => {
    expect([...parseRecordFlags(["events=event", "exits=exit_event"])]).toEqual([["events", "event"], ["exits", "exit_event"]]); // prettier-ignore
  });

  it.each([
    [["events"], "--record events: this is not of the form MAP=STRUCT"],
    [["=event"], "--record =event: this is not of the form MAP=STRUCT"],
    [["events="], "--record events=: this is not of the form MAP=STRUCT"],
    [["a=b=c"], "--record a=b=c: this is not of the form MAP=STRUCT"],
    [["a=b", "a=c"], "--record names a struct for a twice"],
  ])("%j is refused", (flags, message) => {
    expect(() => parseRecordFlags(flags)).toThrow(expect.objectContaining({ code: "bad-input", message }));
  });
});
