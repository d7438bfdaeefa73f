import { expect, it } from "vitest";

import { damagedCase, problemWith, seeds } from "./btf-cases.ts";

const CASES = 10_000;

// scripts/fuzz.ts tries as many as one likes.
it("damaged BTF is read, resolved, written, swapped and deduplicated, or refused with an error of ours, at once", () => {
  const all = seeds();
  expect(all.length).toBeGreaterThan(20);
  for (let number = 0; number < CASES; number++) {
    const problem = problemWith(damagedCase(all, number));
    if (problem !== undefined) expect.fail(`file ${number}, see scripts/fuzz.ts: ${problem}`);
  }
}, 120_000);
