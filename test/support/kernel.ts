import { accessSync, constants } from "node:fs";

import { afterEach, beforeEach, expect } from "vitest";

import { bpfRefusal } from "./bpf-ids.ts";
import { describeWhere, type Obstacle } from "./describe-where.ts";
import { type Holdings, leftovers, takeStock } from "./leftovers.ts";

/** What a group of tests asks of the machine. */
export interface KernelNeeds {
  /** bpf() must be open to this process, as it is to root. Default: true. */
  readonly root?: boolean;
  /** The kernel's own types in /sys/kernel/btf/vmlinux. Default: true. */
  readonly btf?: boolean;
  /**
   * Why this kernel can't do it ("no kprobes: CONFIG_KPROBES is off"), or undefined when it can. No privilege and no
   * package would change that, so it is a skip even where a kernel is required.
   */
  readonly kernelLacks?: () => string | undefined;
  /**
   * What is missing that a package brings ("sys/sdt.h is missing: package systemtap-sdt-dev"), or undefined. A skip where
   * only a kernel is required, as on the bare machine of the README's commands, and a failure with
   * CORE_GEN_REQUIRE_REFEREE=1: CI sets that where it has installed its packages.
   */
  readonly packageLacks?: () => string | undefined;
  /** Set to false for tests that leave something behind on purpose. Default: true. */
  readonly leakCheck?: boolean;
}

/**
 * `describe` for tests that call the real kernel.
 *
 * Where the machine can't run them, they are skipped and the reason is printed; with CORE_GEN_REQUIRE_KERNEL=1 they fail
 * instead. After each test, a descriptor, mapping, pin, program, map or link that was not there before it fails the
 * test (needs root; see {@link leftovers}).
 *
 * @example
 * describeWithKernel("ring buffer", {}, () => { it("…", () => …) });
 */
export function describeWithKernel(name: string, needs: KernelNeeds, body: () => void): void {
  describeWhere(name, kernelObstacle(needs), () => {
    if (needs.leakCheck !== false && needs.root !== false) failOnLeftovers();
    body();
  });
}

function kernelObstacle(needs: KernelNeeds): Obstacle | undefined {
  const missing = whatIsMissing(needs);
  if (missing !== undefined) return { reason: missing, requiredBy: "CORE_GEN_REQUIRE_KERNEL" };
  const unpacked = needs.packageLacks?.();
  if (unpacked !== undefined) return { reason: unpacked, requiredBy: "CORE_GEN_REQUIRE_REFEREE" };
  const lacking = needs.kernelLacks?.();
  return lacking === undefined ? undefined : { reason: lacking };
}

/** Why this process can't use the kernel as `needs` says, or undefined when it can. */
export function whatIsMissing(needs: KernelNeeds): string | undefined {
  if (process.platform !== "linux") return `this is ${process.platform}, not Linux`;
  if (needs.btf !== false && !canRead("/sys/kernel/btf/vmlinux")) return "/sys/kernel/btf/vmlinux can't be read";
  return needs.root === false ? undefined : bpfRefusal();
}

/** Fails every test of the surrounding `describe` that leaves something behind. */
function failOnLeftovers(): void {
  let before: Holdings;
  beforeEach(() => {
    before = takeStock();
  });
  // Hooks run last in, first out: the tests' own afterEach has cleaned up before this one looks.
  afterEach(async () => {
    expect(await leftovers(before), "left behind by this test").toEqual([]);
  });
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
