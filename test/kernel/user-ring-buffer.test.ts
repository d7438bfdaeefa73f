import { expect, it } from "vitest";
import { kindIsTooNew } from "../../src/runtime/kernel/map-kinds.ts";
import { userRings, type Command } from "../objects/user-rings.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";

/** A sample of 32 bytes takes up 40, and 102 of them fit. */
const most = Math.floor(4096 / 40);

const command = (number: number): Command => ({
  op: 1,
  pid: process.pid,
  number: BigInt(number),
  name: `no. ${number}`,
});
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeWithKernel("a user ring buffer", { kernelLacks: () => kindIsTooNew("user_ringbuf") }, () => {
  it("hands samples to a program that drains it, many times around", () => {
    using skel = userRings.load();
    const { commands, pointed } = skel.maps;
    let sum = 0n;
    for (let i = 0; i < 5000;) {
      const count = 1 + (i % 50);
      for (let n = 0; n < count; n++, i++) {
        commands.submit(command(i));
        sum += BigInt(i);
      }
      expect(skel.progs.drain.testRun().returnValue).toBe(count);
      expect(skel.bss.last).toEqual(command(i - 1));
    }
    expect(skel.bss.sum).toBe(sum);
    expect(commands.usage()).toMatchObject({ size: 4096, pending: 0, consumerPosition: skel.bss.drained * 40n });
    pointed.submit(command(7));
    expect([skel.progs.drain_pointed.testRun().returnValue, skel.bss.sum - sum]).toEqual([1, 7n]);
  });

  it("says so when it is full, and what it would need", () => {
    using skel = userRings.load();
    const { commands } = skel.maps;
    for (let i = 0; i < most; i++) commands.submit(command(i));
    expect(commands.usage()).toEqual({
      ...{ size: 4096, pending: 40 * most, producerPosition: BigInt(40 * most), consumerPosition: 0n },
    });
    const full = thrownBy(() => {
      commands.submit(command(0));
    });
    expect(full).toMatchObject({
      ...{ name: "BufferFullError", code: "buffer-full", needed: 40, free: 16 },
      message: 'map "commands": 16 bytes are free, and 40 are needed',
    });
    expect(() => commands.reserve()).toThrow("16 bytes are free");
    expect(skel.progs.drain.testRun().returnValue).toBe(most);
    commands.submit(command(1));
  });

  it("waits for room, until a time limit or a signal ends it", async () => {
    using skel = userRings.load();
    const { commands } = skel.maps;
    for (let i = 0; i < most; i++) await commands.submitWhenFree(command(i));
    const before = process.cpuUsage();
    await expect(commands.submitWhenFree(command(0), { timeout: 50 })).rejects.toThrow(
      /^map "commands": 16 bytes are free after \d+ ms, and 40 are needed$/u,
    );
    const stop = new AbortController();
    const aborted = commands.reserveWhenFree({ signal: stop.signal });
    await sleep(300);
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(commands.reserveWhenFree({ signal: stop.signal })).rejects.toThrow("enough");
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(150);
    const waiting = commands.submitWhenFree(command(500));
    await sleep(20);
    expect(skel.progs.drain.testRun().returnValue).toBe(most);
    await waiting;
    expect([skel.progs.drain.testRun().returnValue, skel.bss.last.number]).toEqual([1, 500n]);
  });

  it("ends waiting when the skeleton is closed", async () => {
    const skel = userRings.load();
    const { commands } = skel.maps;
    for (let i = 0; i < most; i++) commands.submit(command(i));
    const waiting = commands.submitWhenFree(command(0));
    const place = commands.reserveWhenFree();
    skel.close();
    for (const promise of [waiting, place]) await expect(promise).rejects.toMatchObject({ code: "closed" });
    const uses = [
      () => commands.usage(),
      () => {
        commands.submit(command(0));
      },
      () => commands.reserve(),
    ];
    for (const use of uses)
      expect(use).toThrow(expect.objectContaining({ code: "closed", message: 'map "commands" is closed' }));
  });

  it("keeps places for samples that come later, in their order", () => {
    using skel = userRings.load();
    const { commands } = skel.maps;
    const drain = (): number => skel.progs.drain.testRun().returnValue;
    const first = commands.reserve();
    const second = commands.reserve();
    commands.submit(command(3));
    second.submit(command(2));
    expect(drain()).toBe(0);
    first.submit(command(1));
    first.discard();
    expect([drain(), skel.bss.sum, skel.bss.last.number]).toEqual([3, 6n, 3n]);
    {
      using place = commands.reserve();
      expect(place.size).toBe(32);
    }
    commands.submit(command(4));
    expect([drain(), skel.bss.sum]).toEqual([1, 10n]);
    expect(() => {
      second.submit(command(9));
    }).toThrow('map "commands": this place was submitted or discarded already');
  });

  it("discards what is reserved when it is closed, for others that use the map", () => {
    using keeper = userRings.load();
    const opened = userRings.open();
    opened.maps.commands.reuse(keeper.maps.commands);
    const other = opened.load();
    other.maps.commands.reserve();
    other.maps.commands.submit(command(5));
    expect(keeper.progs.drain.testRun().returnValue).toBe(0);
    other.close();
    expect([keeper.progs.drain.testRun().returnValue, keeper.bss.last.number]).toEqual([1, 5n]);
  });

  it("takes samples of the length that they have", () => {
    using skel = userRings.load();
    const { notes, untyped } = skel.maps;
    notes.submit({ number: 1n, length: 8, text: "12345678" }, { size: 24 });
    expect([skel.progs.drain_notes.testRun().returnValue, skel.bss.text]).toEqual([1, "12345678"]);
    untyped.submit(Uint8Array.of(1, 2, 3));
    untyped.submit(new Uint8Array(0));
    expect(untyped.usage().pending).toBe(16 + 8);
    expect(() => {
      untyped.submit(new Uint8Array(4089));
    }).toThrow(
      new RangeError('map "untyped": a sample of 4089 bytes and its header are more than the 4096 bytes of the ring'),
    );
    expect(() => notes.reserve({ size: 15 })).toThrow('map "notes": size takes an integer from 16, not 15');
  });

  it("writes nothing when a value is wrong", () => {
    using skel = userRings.load();
    const { commands } = skel.maps;
    expect(() => {
      commands.submit({ ...command(1), pid: -1 });
    }).toThrow(/^sample of map "commands": .*-1/u);
    expect(() => {
      commands.submit({ ...command(1), name: "much too long" });
    }).toThrow(RangeError);
    const place = commands.reserve();
    expect(() => {
      place.submit({ ...command(1), number: 5 as unknown as bigint });
    }).toThrow(TypeError);
    place.submit(command(1));
    expect([skel.progs.drain.testRun().returnValue, skel.bss.sum]).toEqual([1, 1n]);
  });
});
