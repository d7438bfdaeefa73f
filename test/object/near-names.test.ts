import { describe, expect, it } from "vitest";
import { editDistance } from "../../src/object/nearest.ts";
import { nearNames } from "../../src/object/near-names.ts";

describe("nearNames", () => {
  it.each([
    ["sys_enter_execv", ["sys_enter_execve", "sys_exit_execve", "sched_switch"], ["sys_enter_execve"]],
    ["sycalls", ["syscalls", "sched", "raw_syscalls"], ["syscalls"]],
    ["switch", ["sched_switch", "sched_wakeup"], ["sched_switch"]],
    ["events", ["counts"], []],
    ["a", [], []],
  ])("of %s", (name, names, near) => {
    expect(nearNames(name, names)).toEqual(near);
  });

  it("gives the best five", () => {
    expect(nearNames("abcd", ["abcx", "abxx", "abcd1", "abcd2", "abcd3", "abcd4", "zzzz"])).toEqual([
      "abcd1",
      "abcd2",
      "abcd3",
      "abcd4",
      "abcx",
    ]);
  });
});

describe("editDistance", () => {
  it.each([
    ["kitten", "sitting", 3],
    ["", "abc", 3],
    ["same", "same", 0],
    ["flaw", "lawn", 2],
  ])("of %s and %s is %i", (a, b, distance) => {
    expect(editDistance(a, b, 9)).toBe(distance);
  });

  it("stops counting at the limit", () => {
    expect(editDistance("a", "abcdefgh", 2)).toBe(3);
  });
});
