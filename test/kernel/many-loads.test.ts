import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

import type { Held } from "../../bench/leaks.ts";
import { describeWithKernel } from "../support/kernel.ts";

/** What a fresh process holds after its first rounds, and after many more. `npm run bench -- leaks` makes 10,000. */
const script = `
  const { held, loadOnce } = await import("./bench/leaks.ts");
  const rounds = async (count) => { for (let i = 0; i < count; i++) await loadOnce(); return held(); };
  console.log(JSON.stringify([await rounds(100), await rounds(400)]));`;

describeWithKernel("an object that is opened, loaded and closed 400 times", {}, () => {
  it("leaves the process with what it had after the first hundred", { timeout: 120_000 }, () => {
    const node = ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", script];
    const output = execFileSync(process.execPath, node, { encoding: "utf8" });
    const [before, after] = JSON.parse(output) as [Held, Held];
    expect(after.descriptors).toBe(before.descriptors);
    // A mapping for each section of each round would be 800; the code that is compiled meanwhile takes some.
    expect(after.mappings - before.mappings).toBeLessThan(100);
    // The object alone would be 60 KB a round: 24 MB.
    expect(after.heap - before.heap).toBeLessThan(5);
    expect(after.buffers - before.buffers).toBeLessThan(5);
  });
});
