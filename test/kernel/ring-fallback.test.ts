import { expect, it } from "vitest";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { compat } from "../objects/compat.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

describeWithKernel("a program for kernels with and without ring buffers", {}, () => {
  it.each(["ringbuf", "perf_event_array"] as const)("is read through a %s", async (kind) => {
    const opened = compat.open();
    opened.rodata.has_ringbuf = kind === "ringbuf";
    opened.maps.events.kind = kind;
    using skel = opened.load();
    const { events } = skel.maps;
    expect([events.kind, events.maxEntries]).toEqual([kind, kind === "ringbuf" ? 256 * 1024 : possibleCpus()]);
    const reading = (async () => {
      for await (const event of events.records()) return event;
      return undefined;
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(skel.progs.send.testRun({ context: [42n] }).returnValue).toBe(0);
    expect(await reading).toEqual({ number: 42n, comm: "compat" });
    skel.progs.send.testRun({ context: [43n] });
    const seen: bigint[] = [];
    expect(events.consume(({ number }) => seen.push(number))).toBe(1);
    expect(seen).toEqual([43n]);
  });

  it("stays of one of these two kinds", () => {
    const opened = compat.open();
    expect(() => (opened.maps.events.kind = "hash")).toThrow(
      new RangeError('map "events": kind takes ringbuf, perf_event_array, not "hash"'),
    );
  });
});
