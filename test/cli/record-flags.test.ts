import { describe, expect, it } from "vitest";
import { parseRecordFlags } from "../../src/cli/record-flags.ts";

describe("--record", () => {
  it("names a struct for each map", () => {
    expect([...parseRecordFlags(["events=event", "exits=exit_event"])]).toEqual([["events", "event"], ["exits", "exit_event"]]); // prettier-ignore
  });

  it("names several structs, told apart by their sizes or by a member", () => {
    expect(parseRecordFlags(["events=exec_event,exit_event"]).get("events")).toEqual(["exec_event", "exit_event"]);
    expect(parseRecordFlags(["events=header.kind:0=exec_event,EXIT=struct exit_event"]).get("events")).toEqual({
      tag: "header.kind",
      structs: new Map([["0", "exec_event"], ["EXIT", "struct exit_event"]]), // prettier-ignore
    });
  });

  it.each([
    [["events=a,"], "--record events=a,: this is not of the form MAP=STRUCT"],
    [["events=a,b=c"], "--record events=a,b=c: this is not of the form MAP=STRUCT"],
    [["events=:0=a"], "--record events=:0=a: this is not of the form MAP=STRUCT"],
    [["events=kind:0=a,b"], "--record events=kind:0=a,b: this is not of the form MAP=STRUCT"],
    [["events=kind:0=a,0=b"], "--record events=kind:0=a,0=b: it names two structs for 0"],
    [["events"], "--record events: this is not of the form MAP=STRUCT"],
    [["=event"], "--record =event: this is not of the form MAP=STRUCT"],
    [["events="], "--record events=: this is not of the form MAP=STRUCT"],
    [["a=b=c"], "--record a=b=c: this is not of the form MAP=STRUCT"],
    [["a=b", "a=c"], "--record names a struct for a twice"],
  ])("%j is refused", (flags, message) => {
    expect(() => parseRecordFlags(flags)).toThrow(expect.objectContaining({ code: "bad-input", message }));
  });
});
