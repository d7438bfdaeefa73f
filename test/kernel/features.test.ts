import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { helpers, mapTypes, programTypes } from "../../src/object/bpf-enums.ts";
import { features } from "../../src/runtime/kernel/public-features.ts";
import { bpftool, describeWithReferee } from "../referee/referee.ts";
import { describeWithKernel } from "../support/kernel.ts";

/** What `bpftool -j feature probe` prints. */
interface Probed {
  readonly program_types: Readonly<Record<string, boolean>>;
  readonly map_types: Readonly<Record<string, boolean>>;
  readonly helpers: Readonly<Record<string, readonly string[]>>;
  readonly misc: Readonly<Record<string, boolean>>;
}

describeWithReferee("the running kernel's features", { bpftool: true }, () => {
  describeWithKernel("beside bpftool feature probe", { btf: false }, () => {
    it("are the same types of programs and maps, helpers, and instructions", { timeout: 60_000 }, () => {
      // "full" would also try helpers whose probes the kernel logs.
      const theirs = JSON.parse(bpftool("-j", "feature", "probe")) as Probed;
      const programs = names(theirs.program_types, "_prog_type");
      expect(
        Object.fromEntries(
          programTypes.filter((type) => type in programs).map((type) => [type, features.programType(type)]),
        ),
      ).toEqual(programs);
      const maps = names(theirs.map_types, "_map_type");
      expect(
        Object.fromEntries(mapTypes.filter((type) => type in maps).map((type) => [type, features.mapType(type)])),
      ).toEqual(maps);
      const loud = ["unspec", "trace_printk", "trace_vprintk", "probe_write_user"];
      const quiet = helpers.filter((helper) => !loud.includes(helper));
      let asked = 0;
      for (const [key, available] of Object.entries(theirs.helpers)) {
        const type = programTypes.find((name) => key === `${name}_available_helpers`);
        if (type === undefined || ["tracing", "ext", "lsm", "struct_ops"].includes(type)) continue;
        asked++;
        const ours = quiet.filter((helper) => features.helper(type, helper)).map((helper) => `bpf_${helper}`);
        expect(ours, type).toEqual(available);
      }
      expect(asked).toBeGreaterThan(20);
      for (const [name, there] of Object.entries(theirs.misc)) {
        expect(
          features.names.some((feature) => miscName(feature) === name && features.has(feature) === there),
          name,
        ).toBe(true);
      }
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

/** have_xdp_prog_type → xdp */
function names(answers: Readonly<Record<string, boolean>>, suffix: string): Record<string, boolean> {
  return Object.fromEntries(
    Object.entries(answers).map(([key, there]) => [key.slice("have_".length, -suffix.length), there]),
  );
}

/** What bpftool calls a feature. */
function miscName(feature: string): string {
  const isa = /^isa-(v\d)$/u.exec(feature)?.[1];
  return isa === undefined ? `have_${feature.replaceAll("-", "_")}` : `have_${isa}_isa_extension`;
}
