import { spawnSync } from "node:child_process";
import { release } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { features } from "../../src/runtime/kernel/public-features.ts";
import { printFacts } from "../../src/cli/print-features.ts";
import { describeWithKernel } from "../support/kernel.ts";

const root = join(import.meta.dirname, "../..");

function coreGen(args: readonly string[], wrapper: readonly string[] = []): ReturnType<typeof run> {
  return run([...wrapper, process.execPath, "--import", "tsx", "src/cli/main.ts", "features", ...args]);
}

function run([command = "", ...args]: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: root });
  return { status, stdout, stderr };
}

// What they say is compared with bpftool's answers in features.test.ts.
describeWithKernel("core-gen features", { btf: false }, () => {
  it("prints what the library says, as text and as JSON", { timeout: 60_000 }, () => {
    const json = JSON.parse(coreGen(["--json"]).stdout) as Record<string, Record<string, boolean>>;
    expect(json["release"]).toBe(release());
    expect(json["mapTypes"]?.["ringbuf"]).toBe(features.mapType("ringbuf"));
    expect(json["programTypes"]?.["xdp"]).toBe(features.programType("xdp"));
    expect(json["features"]?.["btf-float"]).toBe(features.has("btf-float"));

    const { status, stdout, stderr } = coreGen([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const yes = Object.values(json["mapTypes"]!).filter(Boolean).length;
    expect(stdout).toContain(`\nTypes of maps: ${yes} of ${Object.keys(json["mapTypes"]!).length}\n`);
  });

  it("prints the helpers of a type of programs", { timeout: 60_000 }, () => {
    const { stdout } = coreGen(["--helpers", "xdp", "--json"]);
    const { helpers } = JSON.parse(stdout) as { helpers: Record<string, boolean> };
    expect(helpers["redirect_map"]).toBe(true);
    expect(helpers["get_current_task_btf"]).toBe(features.helper("xdp", "get_current_task_btf"));
  });

  it("says what it takes, without privileges", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = coreGen([], ["setpriv", "--bounding-set=-all"]);
    expect(stderr).toMatch(/^core-gen: probing what the kernel can: .*may not load BPF programs\n {2}Run it as root/u);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });
});

describe("core-gen features", () => {
  it("refuses a type of programs that there is not, with those near it", () => {
    const { status, stdout, stderr } = coreGen(["--helpers", "xpd"]);
    expect(stderr).toBe("core-gen: --helpers xpd: there is no such type of program\n  Near it: xdp.\n");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("breaks its lines where the terminal ends", () => {
    const names = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`map_${i}`, i % 2 === 0]));
    const facts = { release: "6.1.0", arch: "x64", btf: null, programTypes: {}, mapTypes: names, features: {} };
    for (const width of [20, 80, 160]) {
      const lines = printFacts(facts, width)
        .split("\n")
        .filter((line) => line.includes("map_"));
      expect(lines.every((line) => line.length <= width)).toBe(true);
      expect(lines.join(" ").match(/map_\d+/gu)).toHaveLength(30);
    }
  });
});
