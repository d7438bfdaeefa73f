import { expect, it } from "vitest";
import { matchesGlob } from "../../../src/runtime/kernel/glob.ts";

it.each([
  ["tcp_v4_connect", "tcp_*", true],
  ["tcp_v4_connect", "*_connect", true],
  ["tcp_v4_connect", "tcp_v?_connect", true],
  ["tcp_v4_connect", "tcp_v*4*t", true],
  ["tcp_v4_connect", "*", true],
  ["tcp_v4_connect", "tcp_v4_connect**", true],
  ["tcp_v4_connect", "tcp", false],
  ["tcp_v4_connect", "tcp_v4_connect?", false],
  ["tcp_v4_connect", "*_connec", false],
  ["aab", "*ab", true],
  ["", "*", true],
  ["", "?", false],
  ["a.b", "a?b", true],
  ["axb", "a.b", false],
])("%s against %s: %s", (name, pattern, expected) => {
  expect(matchesGlob(name, pattern)).toBe(expected);
});

it("does not take forever over many stars", () => {
  expect(matchesGlob("a".repeat(2000), "*a".repeat(500) + "b")).toBe(false);
});
