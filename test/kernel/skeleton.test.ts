import { execFile } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { CloseStack } from "../../src/runtime/close-stack.ts";
import { u16, u32, u64 } from "../../src/runtime/codecs.ts";
import { globalsObject } from "../../src/runtime/globals.ts";
import { openStore } from "../../src/runtime/globals-store.ts";
import { LoadedSkeleton } from "../../src/runtime/loaded-skeleton.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { LoadedMap } from "../../src/runtime/load/types.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { mapLookup, mapUpdate } from "../../src/runtime/sys/map-ops.ts";
import { openObject } from "../../src/object/open.ts";
import { opencount, opencountSpec, type Report } from "../runtime/opencount-skeleton.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeMapByHand, type HandMadeMap } from "./hand-made.ts";

function openFiles(count: number): void {
  for (let i = 0; i < count; i++) closeSync(openSync("/dev/null", "r"));
}

const closedError = (what: string): Error =>
  expect.objectContaining({ code: "closed", message: `${what} is closed` }) as Error;

describeWithKernel("a loaded skeleton", {}, () => {
  it("goes from constants to typed records, maps and counters", async () => {
    const opened = opencount.open();
    opened.rodata.report_every = 5n;
    using skel = opened.load();
    skel.attach();
    openFiles(10);
    const reports: Report[] = [];
    for await (const report of skel.maps.reports) if (report.pid === process.pid && reports.push(report) === 2) break;
    skel.detach();
    expect(reports).toEqual(
      [5n, 10n].map(
        (opens) =>
          expect.objectContaining({
            pid: process.pid,
            uid: process.getuid?.(),
            opens,
            comm: expect.any(String) as string,
            filename: "/dev/null",
          }) as Report,
      ),
    );
    const opens = skel.maps.opens_by_pid.get(process.pid) ?? 0n;
    expect(opens).toBeGreaterThanOrEqual(10n);
    expect(skel.bss.total_opens).toBeGreaterThanOrEqual(opens);
    expect(skel.bss.dropped_reports).toBe(0n);
  });

  it("runs with what was set before loading", () => {
    using skel = opencount.load({
      rodata: { report_every: 0n, only_uid: 12345 },
      bss: { total_opens: 100n },
      maps: { opens_by_pid: { maxEntries: 77 }, reports: { maxEntries: 1 } },
    });
    expect({ ...skel.rodata }).toEqual({ report_every: 0n, only_uid: 12345 });
    expect(skel.maps.opens_by_pid.maxEntries).toBe(77);
    // The kernel wants whole pages.
    expect(skel.maps.reports.maxEntries).toBe(libc().pageSize);
    skel.attach();
    openFiles(3);
    expect(skel.bss.total_opens).toBe(100n);
  });

  it("lets variables be written while programs run, but not constants", () => {
    using skel = opencount.load({ rodata: { only_uid: 12345 } });
    skel.bss.total_opens = 5n;
    skel.bss.dropped_reports = 6n;
    expect({ ...skel.bss }).toEqual({ total_opens: 5n, dropped_reports: 6n });
    // Only JavaScript can try: it does not compile.
    const rodata = skel.rodata as { only_uid: number };
    expect(() => (rodata.only_uid = 1)).toThrow(
      new TypeError("rodata.only_uid: read-only once it is loaded: set it between open() and load()"),
    );
    expect(rodata.only_uid).toBe(12345);
  });

  it("attaches and detaches again and again", () => {
    using skel = opencount.load({ rodata: { report_every: 0n } });
    expect(skel.links.handle_openat).toBeUndefined();
    for (let round = 1; round <= 3; round++) {
      skel.attach();
      skel.attach();
      const link = skel.links.handle_openat;
      expect(link?.closed).toBe(false);
      openFiles(10);
      skel.detach();
      skel.detach();
      expect([link?.closed, skel.links.handle_openat]).toEqual([true, undefined]);
      openFiles(100);
      const opens = skel.maps.opens_by_pid.get(process.pid) ?? 0n;
      expect(opens).toBeGreaterThanOrEqual(BigInt(10 * round));
      expect(opens).toBeLessThan(BigInt(10 * round + 50));
    }
  });

  it("attaches one program by hand, and leaves it alone afterwards", () => {
    using skel = opencount.load();
    const link = skel.progs.handle_openat.attach();
    expect(skel.links.handle_openat).toBe(link);
    skel.attach();
    expect(skel.links.handle_openat).toBe(link);
    link.close();
    expect(skel.links.handle_openat).toBeUndefined();
    skel.attach();
    expect(skel.links.handle_openat).not.toBe(link);
  });

  it("does without a program whose autoload is off", () => {
    using skel = opencount.load({ progs: { handle_openat: { autoload: false } } });
    expect(skel.progs.handle_openat.loaded).toBe(false);
    skel.attach();
    expect(skel.links.handle_openat).toBeUndefined();
    for (const use of [() => skel.progs.handle_openat.fd, () => skel.progs.handle_openat.attach()])
      expect(use).toThrow('program "handle_openat" of opencount was not loaded: its autoload is off');
  });

  it("can be there several times, each with its own maps", () => {
    using first = opencount.load();
    using second = opencount.load();
    first.maps.opens_by_pid.set(1, 1n);
    expect(second.maps.opens_by_pid.get(1)).toBeUndefined();
    first.bss.total_opens = 9n;
    expect(second.bss.total_opens).toBe(0n);
  });

  it("is loaded once, and what was set stays to be seen", () => {
    const opened = opencount.open({ rodata: { report_every: 3n } });
    using skel = opened.load();
    expect(skel.closed).toBe(false);
    expect(() => opened.load()).toThrow(
      expect.objectContaining({ code: "bad-input", message: "opencount is loaded already" }) as Error,
    );
    expect(() => (opened.rodata.report_every = 4n)).toThrow(/^rodata.report_every: opencount is loaded already/u);
    expect(() => (opened.maps.reports.maxEntries = 4096)).toThrow("opencount is loaded already");
    expect(() => (opened.progs.handle_openat.autoload = false)).toThrow("opencount is loaded already");
    expect(opened.rodata.report_every).toBe(3n);
  });

  it("leaves nothing behind when loading fails, and may be loaded with better settings", () => {
    const opened = opencount.open();
    opened.maps.opens_by_pid.maxEntries = 0xffffffff;
    expect(() => opened.load()).toThrow(/map "opens_by_pid"/u);
    opened.maps.opens_by_pid.maxEntries = 10;
    using skel = opened.load();
    expect(skel.maps.opens_by_pid.maxEntries).toBe(10);
  });
});

describeWithKernel("attaching a skeleton of which one program fails", {}, () => {
  it("detaches those that this call attached, and no others", () => {
    const object = openObject(opencountSpec.object());
    const loaded = loadObject(object, { autoload: new Map(), maps: new Map(), contents: new Map() });
    const good = loaded.programs.get("handle_openat");
    if (good?.program.def === undefined) throw new Error("the object has no program handle_openat");
    const bad = {
      ...good,
      program: { ...good.program, name: "bad", def: { ...good.program.def, extra: "syscalls/no_such_call" } },
    };
    const programs = new Map([
      ["handle_openat", good],
      ["bad", bad],
    ]);
    const spec = { ...opencountSpec, progs: ["handle_openat", "bad"] };
    const opened = { maps: {}, sections: {}, progs: {}, fieldsOf: (): undefined => undefined };
    using skel = new LoadedSkeleton({ spec, opened, loaded: { ...loaded, programs } });
    expect(() => {
      skel.attach();
    }).toThrow(/no_such_call/u);
    expect({ ...skel.links }).toEqual({ handle_openat: undefined, bad: undefined });
    const byHand = skel.progs["handle_openat"]?.attach();
    expect(() => {
      skel.attach();
    }).toThrow(/no_such_call/u);
    expect({ ...skel.links }).toEqual({ handle_openat: byHand, bad: undefined });
  });
});

describeWithKernel("closing a skeleton", {}, () => {
  it("ends the loop that reads, detaches and closes; twice does no harm", async () => {
    const skel = opencount.load({ rodata: { report_every: 1n } });
    skel.attach();
    const { handle_openat } = skel.links;
    const { fd } = skel.progs.handle_openat;
    expect(fd).toBeGreaterThan(2);
    const reading = (async () => {
      for await (const report of skel.maps.reports) expect(report.opens).toBeGreaterThan(0n);
      return "ended";
    })();
    openFiles(5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    skel.close();
    skel.close();
    skel[Symbol.dispose]();
    expect(await reading).toBe("ended");
    expect([skel.closed, handle_openat?.closed, skel.links.handle_openat]).toEqual([true, true, undefined]);
  });

  it("makes everything throw with code closed afterwards", async () => {
    const skel = opencount.load();
    const { maps, progs, bss } = skel;
    skel.close();
    expect(() => {
      skel.attach();
    }).toThrow(closedError("opencount"));
    expect(() => progs.handle_openat.attach()).toThrow(closedError("opencount"));
    expect(() => progs.handle_openat.fd).toThrow(closedError("opencount"));
    expect(() => maps.opens_by_pid.get(1)).toThrow(closedError('map "opens_by_pid"'));
    expect(() => maps.reports.consume(() => undefined)).toThrow(closedError('map "reports"'));
    await expect(maps.reports.records().next()).rejects.toThrow(closedError('map "reports"'));
    expect(() => bss.total_opens).toThrow(expect.objectContaining({ code: "closed" }) as Error);
    expect(() => (bss.total_opens = 1n)).toThrow(expect.objectContaining({ code: "closed" }) as Error);
    expect(() => {
      skel.detach();
    }).not.toThrow();
  });
});

describeWithKernel("a process", { leakCheck: false }, () => {
  it.each([
    ["after break", "for await (const report of skel.maps.reports) { console.log(report.filename); break; }"],
    [
      "after an error",
      "try { for await (const report of skel.maps.reports) throw new Error(report.filename); } catch (error) { console.log(error.message); }",
    ],
    [
      "after an abort",
      "const stop = AbortSignal.timeout(100); for await (const report of skel.maps.reports.records({ signal: stop })) console.log(report.filename);",
    ],
    [
      "after close",
      "setTimeout(() => skel.close(), 100); for await (const report of skel.maps.reports) console.log(report.filename);",
    ],
  ])("ends by itself %s, without close", { timeout: 60_000 }, async (_, loop) => {
    const skeleton = fileURLToPath(new URL("../runtime/opencount-skeleton.ts", import.meta.url));
    const script = `
      import { closeSync, openSync } from "node:fs";
      import { opencount } from ${JSON.stringify(skeleton)};
      const skel = opencount.load({ rodata: { report_every: 3n } });
      skel.attach();
      for (let i = 0; i < 3; i++) closeSync(openSync("/dev/null", "r"));
      ${loop}
      console.log("the end");`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", script],
      { timeout: 50_000 },
    );
    expect(stdout.trimEnd().split("\n").at(0)).toMatch(/^\//u);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("the end");
  });
});

describeWithKernel("global data after loading", {}, () => {
  const fields = { count: [0, u32], big: [8, u64], small: [16, u16] } as const;
  interface Globals {
    count: number;
    big: bigint;
    small: number;
  }

  function open(handle: HandMadeMap, mmapable: boolean): { data: Globals; closing: CloseStack } {
    const closing = new CloseStack();
    // Of a definition, the store only looks at what is here.
    const def = { valueSize: handle.valueSize, data: { kind: "data" } } as LoadedMap["def"];
    const rest = { maxEntries: 1, constants: undefined, reused: false, pinPath: undefined, arena: undefined };
    const store = openStore({ def, fd: handle.fd, mmapable, ...rest }, closing);
    return { data: globalsObject("data", fields, store) as Globals, closing };
  }

  describe.each([
    ["mapped", true, 0x400],
    ["through system calls", false, 0],
  ])("%s", (_, mmapable, flags) => {
    it("is the map's only element", () => {
      using handle = makeMapByHand("array", { keySize: 4, valueSize: 24, maxEntries: 1, flags });
      const { data, closing } = open(handle, mmapable);
      data.count = 7;
      data.big = 1n << 60n;
      data.small = 9;
      const element = new Uint8Array(24);
      mapLookup(handle.fd, new Uint8Array(4), element);
      expect([...new BigUint64Array(element.buffer)]).toEqual([7n, 1n << 60n, 9n]);
      mapUpdate(handle.fd, new Uint8Array(4), new Uint8Array(24).fill(1));
      expect({ ...data }).toEqual({ count: 0x01010101, big: 0x0101010101010101n, small: 0x0101 });
      closing.close();
      handle.close();
      expect(() => data.count).toThrow(expect.objectContaining({ code: "closed" }) as Error);
      expect(() => (data.count = 1)).toThrow(expect.objectContaining({ code: "closed" }) as Error);
    });
  });

  it("can be mapped when it is larger than a page", () => {
    using handle = makeMapByHand("array", { keySize: 4, valueSize: 10_000, maxEntries: 1, flags: 0x400 });
    const { data, closing } = open(handle, true);
    data.count = 5;
    expect(data.count).toBe(5);
    closing.close();
  });
});
