import { expect, it } from "vitest";

import { describeWithKernel } from "../support/kernel.ts";
import { killWhileAttached, type Killed } from "./killed-process.ts";

const node = ["--import", "tsx", "test/kernel/attach-everything.ts"];

/** This machine lets nobody trace functions. */
const REFUSED = /^(?:k(?:ret)?probe(?:\.multi)?|fentry|fexit|fmod_ret|lsm|lsm_cgroup|freplace)$/u;

describeWithKernel("the kernel, when a process is killed", {}, () => {
  it("takes every link away", { timeout: 120_000 }, async () => {
    const { said, held, left } = await killWhileAttached(node, "links", "SIGKILL");
    expect(Object.keys(said.refused).filter((name) => !REFUSED.test(name))).toEqual([]);
    expect(said.attached).toEqual(
      expect.arrayContaining([
        "xdp",
        "cgroup/connect4",
        "uprobe",
        "tracepoint",
        "raw_tp",
        "tp_btf",
        "perf_event",
        "iter",
      ]),
    );
    expect(held.programs).toBeGreaterThanOrEqual(said.attached.length);
    expect(held.links).toBeGreaterThanOrEqual(said.attached.length);
    expect(left).toEqual([]);
  });

  const withoutLinks = (killed: Killed): unknown => [killed.said.attached, ...killed.legacy];
  const all = ["xdp", "tc", "cgroup/connect4"];

  it("keeps what has no link, until somebody takes it away", { timeout: 120_000 }, async () => {
    // The devices and the cgroup go at the end, and the programs with them.
    const killed = await killWhileAttached(node, "legacy", "SIGKILL");
    expect(withoutLinks(killed)).toEqual([all, [1, 1, 1], [1, 1, 1]]);
  });

  it("is told to take that away, too, at SIGTERM", { timeout: 120_000 }, async () => {
    const killed = await killWhileAttached(node, "legacy", "SIGTERM");
    expect(withoutLinks(killed)).toEqual([all, [1, 1, 1], [0, 0, 0]]);
    expect(killed.left).toEqual([]);
  });
});
