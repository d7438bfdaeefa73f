import { expect, it, vi } from "vitest";
import type * as features from "../../src/runtime/kernel/features.ts";
import { attachProgram } from "../../src/runtime/links/attach.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { loadCounting, openFiles } from "./counting.ts";

// As on kernels before 5.15: no links for perf events.
vi.mock(import("../../src/runtime/kernel/features.ts"), async (importOriginal) => {
  const original: typeof features = await importOriginal();
  return { ...original, hasFeature: (feature) => feature !== "perf-link" && original.hasFeature(feature) };
});

describeWithKernel("attachProgram without perf links", {}, () => {
  it("runs the program for as long as the perf event is open", () => {
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    const before = openDescriptors().length;
    const link = attachProgram(counting.program);
    expect(
      openDescriptors()
        .slice(before)
        .map(({ what }) => what),
    ).toEqual(["tracepoint syscalls/sys_enter_openat"]);
    openFiles(10);
    expect(counting.runs()).toBeGreaterThanOrEqual(10);
    link.close();
    const after = counting.runs();
    openFiles(10);
    expect(counting.runs()).toBe(after);
  });
});
