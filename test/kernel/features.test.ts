import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { features } from "../../src/runtime/kernel/public-features.ts";
import { compareFeatures } from "../kernels/features.ts";
import { describeWithReferee } from "../referee/referee.ts";
import { describeWithKernel } from "../support/kernel.ts";

describeWithReferee("the running kernel's features", { bpftool: true }, () => {
  describeWithKernel("beside bpftool feature probe", { btf: false }, () => {
    it("are the same types of programs and maps, helpers, and instructions", { timeout: 60_000 }, () => {
      const { same, differences } = compareFeatures();
      expect(differences).toEqual([]);
      expect(same["program types"]).toBeGreaterThan(25);
      expect(same["map types"]).toBeGreaterThan(25);
      expect(same.helpers).toBeGreaterThan(4000);
      expect(same.features).toBeGreaterThan(3);
    });
  });
});

describeWithKernel("features", { btf: false }, () => {
  it("that nobody knows are refused, with those near them", () => {
    // A name that the types forbid.
    const ask = (name: string): boolean => features.mapType(name as "hash");
    try {
      ask("ringbuff");
    } catch (error) {
      if (!isCoreGenError(error)) throw error;
      expect(error.message).toBe('probing what the kernel can: there is no type of map "ringbuff"');
      expect(error.hints).toEqual(["Near it: ringbuf."]);
      return;
    }
    throw new Error("it was not refused");
  });

  it("can't be found out without privileges, and that is said", () => {
    const script = `
      const { features } = await import("./src/runtime/kernel/public-features.ts");
      try { features.has("btf-float"); } catch (error) { console.log(JSON.stringify({ ...error, message: error.message })); }`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
    const output = execFileSync("setpriv", ["--bounding-set=-all", ...node], { encoding: "utf8" });
    const error = JSON.parse(output) as { code: string; message: string; hints: string[] };
    expect(error.code).toBe("permission");
    expect(error.message).toMatch(/^probing what the kernel can: .*EPERM: this process may not load BPF programs$/u);
    expect(error.hints[0]).toMatch(/^Run it as root/u);
  });
});
