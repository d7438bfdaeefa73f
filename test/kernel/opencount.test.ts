import { closeSync, openSync } from "node:fs";

import { expect, it } from "vitest";

import { opencount, type Report } from "../../examples/opencount/opencount.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

/** Opens a file `count` times with the system call openat, in this process. */
function openFiles(count: number, path = "/dev/null"): void {
  for (let i = 0; i < count; i++) closeSync(openSync(path, "r"));
}

describeWithKernel("opencount", {}, () => {
  it("counts this process's opens in a hash map and in .bss", () => {
    using skel = opencount.load({ rodata: { report_every: 0n } });
    skel.attach();
    openFiles(1000);
    skel.detach();
    const opens = skel.maps.opens_by_pid.get(process.pid);
    expect(opens).toBe(1000n);
    expect(skel.bss.total_opens).toBeGreaterThanOrEqual(1000n);
    expect(new Map(skel.maps.opens_by_pid).get(process.pid)).toBe(1000n);
    const sum = [...skel.maps.opens_by_pid.values()].reduce((all, one) => all + one, 0n);
    expect(sum).toBe(skel.bss.total_opens);
  });

  it("reports every n-th open, n being a constant set before loading", async () => {
    const opened = opencount.open();
    opened.rodata.report_every = 250n;
    opened.rodata.only_uid = process.getuid?.() ?? 0;
    using skel = opened.load();
    expect(skel.rodata.report_every).toBe(250n);
    skel.attach();
    openFiles(1000, "/proc/self/status");
    const reports: Report[] = [];
    for await (const report of skel.maps.reports) {
      if (report.pid !== process.pid) continue;
      reports.push(report);
      if (report.opens === 1000n) break;
    }
    expect(reports.map(({ opens }) => opens)).toEqual([250n, 500n, 750n, 1000n]);
    expect(new Set(reports.map(({ filename }) => filename))).toEqual(new Set(["/proc/self/status"]));
    expect(new Set(reports.map(({ uid }) => uid))).toEqual(new Set([process.getuid?.()]));
    expect(skel.bss.dropped_reports).toBe(0n);
  });

  it("takes the size of a map that was set before loading", () => {
    const opened = opencount.open();
    opened.maps.opens_by_pid.maxEntries = 16;
    using skel = opened.load();
    expect(skel.maps.opens_by_pid.maxEntries).toBe(16);
    for (let pid = 1; pid <= 16; pid++) skel.maps.opens_by_pid.set(pid, 1n);
    expect(() => {
      skel.maps.opens_by_pid.set(17, 1n);
    }).toThrow(/E2BIG/u);
  });

  it("lets the app write to .bss while the program runs", () => {
    using skel = opencount.load();
    skel.bss.total_opens = 1_000_000n;
    skel.attach();
    openFiles(10);
    skel.detach();
    expect(skel.bss.total_opens).toBeGreaterThanOrEqual(1_000_010n);
  });
});
