import { expect, it } from "vitest";
import { KernelTime } from "../../src/runtime/index.ts";
import { hints, type Event, type Hinted } from "../objects/hints.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

describeWithKernel("members with decl tags", {}, () => {
  it("come out of a ring buffer as what they are", () => {
    using skel = hints.load();
    const before = KernelTime.now();
    expect(skel.progs.send.run().returnValue).toBe(0);
    const after = KernelTime.now();
    const events: Event[] = [];
    skel.maps.events.consume((event) => events.push(event));
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event).toMatchObject({ from: "10.0.0.1", port: 443, note: "from here" });
    expect(event!.at.ns).toBeGreaterThan(before.ns);
    expect(event!.at.ns).toBeLessThan(after.ns);
    expect(skel.bss.started).toEqual(event!.at);
  });

  it("go into the kernel as the program has them: a key that it finds, a value that it reads", () => {
    using skel = hints.load();
    // What is read of a section is a copy, which nobody else has.
    const sample = skel.data.sample as Hinted;
    const value = { ...sample, saddr: "127.0.0.2", mac: "02-00-00-00-00-01", at: new KernelTime(7n), totals: [5, 6] };
    expect(skel.progs.look_up.run().returnValue).toBe(0);
    skel.maps.hinted_map.set(sample, value);
    expect(skel.progs.look_up.run().returnValue).toBe(1);
    expect(skel.bss.got).toEqual({ ...value, mac: "02:00:00:00:00:01" });
    expect([...skel.maps.hinted_map]).toEqual([[sample, skel.bss.got]]);
  });

  it("are variables that the app sets", () => {
    const opened = hints.open();
    opened.data.gateway = "192.168.7.1";
    using skel = opened.load();
    expect(skel.data.gateway).toBe("192.168.7.1");
    skel.bss.started = new KernelTime(1n);
    expect(skel.bss.started.ns).toBe(1n);
  });
});
