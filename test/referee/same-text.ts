import { expect } from "vitest";

/** Compares two texts: the first line in which they differ says more than the difference of two texts of 3 MB. */
export function expectSameText(ours: string, theirs: string): void {
  if (ours === theirs) return;
  const [a, b] = [ours.split("\n"), theirs.split("\n")];
  const first = a.findIndex((line, index) => line !== b[index]);
  expect({ line: first, text: a[first] }).toEqual({ line: first, text: b[first] });
  expect(a.length).toBe(b.length);
}
