import { expect, it } from "vitest";
import { describeWithKernel } from "../support/kernel.ts";
import { soak } from "../support/soak.ts";

describeWithKernel("records by the hundred thousand; scripts/soak.ts sends a hundred million", {}, () => {
  it("arrive once, in their order and whole, or are counted as dropped", async () => {
    const { delivered, dropped, missing, problems } = await soak(400_000);
    expect(problems).toEqual([]);
    expect(missing).toBe(dropped);
    expect(delivered + dropped).toBe(400_000);
  }, 120_000);
});
