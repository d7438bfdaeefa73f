import { expect, it } from "vitest";
import { libc } from "../../src/runtime/sys/libc.ts";
import { mapTypes } from "../../src/object/bpf-enums.ts";
import { Attr, bpf, BPF_MAP_CREATE } from "../../src/runtime/sys/bpf.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { arena } from "../objects/arena.skel.ts";
import { arenaFixed } from "../objects/arena.fixed.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { thrownBy } from "../support/thrown.ts";

function kernelLacks(): string | undefined {
  const attr = new Attr(72).u32(0, mapTypes.indexOf("arena")).u32(12, 1).u32(16, 0x400);
  const number = bpf(BPF_MAP_CREATE, attr);
  if (number < 0) return "it has no arenas (Linux 6.9), or they are not configured";
  new Fd(number, "an arena").close();
  return undefined;
}

describeWithKernel("an arena", { kernelLacks }, () => {
  it.each([
    ["where the kernel wants it", arena],
    ["at the address that its map_extra says", arenaFixed],
  ])("%s shares its variables with programs", (_where, skeleton) => {
    const opened = skeleton.open();
    expect({ ...opened.arena }).toEqual({ runs: 5n, where: { x: 1, y: 2 }, list: [10, 20, 30, 40] });
    opened.arena.runs = 7n;
    using skel = opened.load();
    expect(runOnFrame(skel.progs.move)).toBe(20);
    expect({ ...skel.arena }).toEqual({ runs: 8n, where: { x: 101, y: 2 }, list: [10, 20, 30, 101] });
    skel.arena.where = { x: 5, y: 6 };
    skel.arena.list = [1, 2, 3, 4];
    expect([runOnFrame(skel.progs.move), skel.bss.plain, skel.arena.where]).toEqual([2, 9n, { x: 105, y: 6 }]);
  });

  it("of a fixed address can be there again after its end, and only then", () => {
    for (let round = 0; round < 3; round++) {
      using skel = arenaFixed.load();
      expect(runOnFrame(skel.progs.move)).toBe(20);
      expect(thrownBy(() => arenaFixed.load()).message).toMatch(
        /^mapping map "shared" into memory: mmap failed with EEXIST: something else is at the address/u,
      );
    }
  });

  it("that is closed is read and written no more", () => {
    const skel = arena.load();
    skel.close();
    expect(() => skel.arena.runs).toThrow(/closed/u);
  });

  it("is as large as it is made, and too small for its variables is an error", () => {
    const opened = arena.open();
    opened.maps.shared.maxEntries = 2;
    using skel = opened.load();
    expect(skel.maps.shared.maxEntries).toBe(2);
    runOnFrame(skel.progs.move);
    expect(libc().pageSize).toBeGreaterThan(32);
  });

  it("is shared by two skeletons that have it at one address", () => {
    using first = arena.load();
    runOnFrame(first.progs.move);
    const opened = arena.open();
    opened.maps.shared.reuse(first.maps.shared);
    // The kernel wants an arena at the same address in every process, and this process has it there already.
    expect(thrownBy(() => opened.load()).message).toMatch(/^mapping map "shared" into memory: mmap failed/u);
  });
});
