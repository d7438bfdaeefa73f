import { basename } from "node:path";
import { afterAll, expect, it } from "vitest";

import { compareVerdicts, objectsToCompare } from "../kernels/verdicts.ts";
import { describeWithReferee } from "../referee/referee.ts";
import { describeWithKernel } from "../support/kernel.ts";

describeWithReferee("each program of the corpus", { corpus: ["objects"] }, () => {
  describeWithKernel("is loaded, or refused with the same error, as libbpf does", {}, () => {
    const sums = { ok: 0, refused: 0, pending: [] as string[] };
    afterAll(() => {
      console.log(`programs: ${sums.ok} loaded by both, ${sums.refused} by neither, ${sums.pending.length} pending`);
    });

    it.for(objectsToCompare().map((path) => [basename(path), path] as const))("%s", { timeout: 60_000 }, ([, path]) => {
      const { ok, refused, pending, differences } = compareVerdicts(path);
      sums.ok += ok;
      sums.refused += refused.length;
      sums.pending.push(...pending);
      expect(differences).toEqual([]);
    });

    it("and of none core-gen says that it can't yet", () => {
      expect(sums.ok).toBeGreaterThan(200);
      expect(sums.pending).toEqual([]);
    });
  });
});
