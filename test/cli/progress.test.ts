import { afterEach, describe, expect, it, vi } from "vitest";

import { withProgress } from "../../src/cli/progress.ts";

/** Goes through `count` items of which each takes `ms`, on a clock of our own. */
function shownFor(count: number, ms: number, options: { isTTY?: boolean; outputIsTerminal?: boolean } = {}): string[] {
  const { isTTY = true, outputIsTerminal = false } = options;
  const shown: string[] = [];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const items = Array.from({ length: count }, (_, index) => index);
  const terminal = { isTTY, write: (text: string) => shown.push(text) };
  const seen: number[] = [];
  for (const item of withProgress(items, count, "dumping", terminal, outputIsTerminal)) {
    seen.push(item);
    now += ms;
  }
  expect(seen).toEqual(items);
  return shown;
}

describe("progress", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("is shown when it takes longer than a second, and gone at the end", () => {
    const shown = shownFor(10_240, 1);
    expect(shown[0]).toBe("\rdumping: 10 %");
    expect(shown.at(-2)).toBe("\rdumping: 100 %");
    expect(shown.at(-1)).toBe("\r\u001b[K");
    expect(shown.length).toBeLessThan(100);
  });

  it("is not shown for short work, where there is no terminal, or between the lines of the output", () => {
    expect(shownFor(10_240, 0.05)).toEqual([]);
    expect(shownFor(10_240, 1, { isTTY: false })).toEqual([]);
    expect(shownFor(10_240, 1, { outputIsTerminal: true })).toEqual([]);
  });

  it("is taken away when the work ends early", () => {
    const shown: string[] = [];
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 10));
    const terminal = { isTTY: true, write: (text: string) => shown.push(text) };
    for (const item of withProgress(Array.from({ length: 100_000 }, (_, i) => i), 100_000, "dumping", terminal, false)) if (item > 50_000) break; // prettier-ignore
    expect(shown.at(-1)).toBe("\r\u001b[K");
  });
});
