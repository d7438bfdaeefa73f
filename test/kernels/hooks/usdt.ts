import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasFeature } from "../../../src/runtime/kernel/features.ts";
import { usdt } from "../../objects/usdt.skel.ts";
import { compileTarget, UsdtTarget } from "../../support/usdt-target.ts";
import { firings, seeProbesFire } from "../../support/usdt-firing.ts";
import { check } from "../check.ts";
import { checkHook } from "./check-hook.ts";

/** Probes that a program was compiled with. */
export async function checkUsdt(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-usdt-"));
  try {
    await checkTargets(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkTargets(folder: string): Promise<void> {
  const pie = compileTarget(folder, "pie");
  const fixed = compileTarget(folder, "no-pie");
  await checkHook("usdt", undefined, () => seeProbesFire(pie));
  await checkHook("usdt of an executable at fixed addresses", undefined, () => seeProbesFire(fixed));
  await check("usdt of all processes, where the kernel needs no address", () => seeAllProcesses(fixed));
  await check("usdt is attached and detached a hundred times", () => {
    using skel = usdt.load();
    for (let time = 0; time < 100; time++)
      skel.progs.see.attachUsdt({ binary: fixed, provider: "coregen", name: "twice" }).detach();
  });
  if (hasFeature("bpf-cookie")) return;
  await check("usdt of all processes is refused where the kernel needs an address", () => {
    using skel = usdt.load();
    assert.throws(
      () => skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "many" }),
      /this kernel has to know for which process$/u,
    );
  });
}

async function seeAllProcesses(path: string): Promise<void> {
  await using one = await UsdtTarget.start(path);
  await using other = await UsdtTarget.start(path);
  using skel = usdt.load();
  using link = skel.progs.see.attachUsdt({ binary: path, provider: "coregen", name: "many" });
  await one.fire();
  await other.fire();
  assert.deepEqual(
    firings(skel).map(({ pid }) => pid),
    [one.pid, other.pid],
  );
  assert.equal(link.closed, false);
}
