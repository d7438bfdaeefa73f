import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { usdt } from "../objects/usdt.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";
import { firings, seeProbesFire } from "../support/usdt-firing.ts";
import { compileTarget, targetIsMissing, UsdtTarget } from "../support/usdt-target.ts";

describeWithKernel("USDT probes", { packageLacks: targetIsMissing }, () => {
  let folder = "";
  let pie = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-usdt-"));
    pie = compileTarget(folder, "pie");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(["pie", "no-pie"] as const)("fire in a program linked with -%s, with all arguments", async (kind) => {
    await seeProbesFire(compileTarget(folder, kind));
  });

  it("fire in all processes", async () => {
    await using one = await UsdtTarget.start(pie);
    using skel = usdt.load();
    using link = skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "twice" });
    await using later = await UsdtTarget.start(pie);
    await one.fire();
    await later.fire();
    expect(firings(skel).map(({ pid }) => pid)).toEqual([one.pid, one.pid, later.pid, later.pid]);
    expect(link.info()).toMatchObject({ type: "uprobe_multi", path: pie, pid: 0 });
    expect(link.what).toBe(`program "see" at USDT probe coregen:twice of ${pie}`);
  });

  it("are several at a time, each with its own cookie", async () => {
    await using target = await UsdtTarget.start(pie);
    using skel = usdt.load();
    skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "twice", cookie: 1n });
    skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "many", cookie: 2n });
    await target.fire();
    expect(firings(skel).map(({ cookie, args }) => [cookie, args.length])).toEqual([
      [2n, 12],
      [1n, 5],
      [1n, 5],
    ]);
  });

  it("are attached by sections", () => {
    using skel = usdt.load({ progs: { see_throw: { autoload: true } } });
    skel.attach();
    expect(skel.links.see).toBeUndefined();
    expect(skel.links.see_throw?.what).toMatch(
      /^program "see_throw" at USDT probe libstdcxx:throw of \/\S+\/libstdc\+\+\.so\.6$/u,
    );
  });

  it("are attached and detached a thousand times, with more than the map of specs holds", () => {
    using skel = usdt.load();
    const open = openDescriptors().length;
    for (let time = 0; time < 1000; time++)
      skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "twice" }).detach();
    expect(openDescriptors()).toHaveLength(open);
    // The kernel waits some 50 ms for each one to be gone.
  }, 180_000);

  it("fill the map of specs, which is said", () => {
    using skel = usdt.load({ maps: { __bpf_usdt_specs: { maxEntries: 3 } } });
    const options = { binary: pie, provider: "coregen", name: "twice" };
    const first = skel.progs.see.attachUsdt(options);
    const error = thrownBy(() => skel.progs.see.attachUsdt(options));
    expect(error.message).toContain("the map __bpf_usdt_specs is full, it has 3 entries");
    first.detach();
    skel.progs.see.attachUsdt(options).detach();
  });

  it.each([
    [{ provider: "coregen", name: "mani" }, "the file has none of that name", ["Near it: coregen:many.", "Of coregen it has: many, none, twice."]], // prettier-ignore
    [{ provider: "nobody", name: "x" }, "the file has none of that name", ["Its providers: coregen."]],
    [{ binary: "/bin/true" }, "the file has no USDT probes", ["Those that were compiled with <sys/sdt.h> have a section .note.stapsdt: readelf -n FILE."]], // prettier-ignore
    [{ binary: "test/objects/usdt.bpf.o" }, "the file is for ELF machine 247, and this machine is x64", []],
    [{ binary: "package.json" }, "package.json: this is not a 64-bit ELF file", []],
    [{ binary: "/no/such/file" }, "ENOENT", []],
  ])("refuse %j", (options, message, hints) => {
    using skel = usdt.load();
    const all = { binary: pie, provider: "coregen", name: "many", ...options };
    const binary = all.binary.includes("/") ? all.binary : `./${all.binary}`;
    const error = thrownBy(() => skel.progs.see.attachUsdt({ ...all, binary }));
    expect(error.message).toContain(message);
    expect(error.hints).toEqual(hints);
  });

  it("say that there is no such process", () => {
    using skel = usdt.load();
    const error = thrownBy(() =>
      skel.progs.see.attachUsdt({ binary: pie, provider: "coregen", name: "many", pid: 2 ** 30 }),
    );
    expect(error.message).toContain("ESRCH: there is no such process");
  });
});
