import { expect, it } from "vitest";
import { onlineCpus } from "../../src/runtime/kernel/cpus.ts";
import { perfEvents, type Event, type PerfEvents } from "../objects/perf-events.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

const cpus = onlineCpus();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Sender = "send" | "send_odd" | "send_chunks";

/** Sends `count` records from a program on one CPU. */
function send(skel: PerfEvents, first: number, count: number, cpu = cpus[0] ?? 0, sender: Sender = "send"): void {
  skel.progs[sender].testRun({ context: [BigInt(first), BigInt(count)], cpu });
}

/** What the program wrote into `text`. */
function textOf(number: number): string {
  return Array.from({ length: 8 }, (_, at) => String.fromCharCode(97 + ((number >>> (4 * at)) & 15))).join("");
}

function numbers(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** Everything that is there. */
function consumed(skel: PerfEvents): Event[] {
  const events: Event[] = [];
  skel.maps.events.consume((event) => events.push(event));
  return events;
}

describeWithKernel("a perf event array", {}, () => {
  it("delivers what a program sends, from every CPU", async () => {
    using skel = perfEvents.load();
    skel.maps.events.open();
    for (const cpu of cpus) send(skel, 1000 * cpu, 500, cpu);
    const seen: Event[] = [];
    for await (const event of skel.maps.events.records()) {
      expect(event.text).toBe(textOf(event.number));
      if (seen.push(event) === 500 * cpus.length) break;
    }
    for (const cpu of cpus) {
      const ofCpu = seen.filter((event) => event.cpu === cpu).map(({ number }) => number);
      expect(ofCpu).toEqual(numbers(500, 1000 * cpu));
    }
    expect([skel.bss.sent, skel.bss.refused, skel.maps.events.lost]).toEqual([500n * BigInt(cpus.length), 0n, 0]);
  });

  it("delivers 40,000 records whole, many times around a ring of one page", async () => {
    using skel = perfEvents.load();
    skel.maps.events.open({ pages: 1 });
    let [next, sent] = [0, 0];
    const count = 40_000;
    const sendSome = (): void => {
      for (; sent < count && sent - next < 40; sent += 10) send(skel, sent, 10);
    };
    sendSome();
    for await (const event of skel.maps.events.records()) {
      if (event.number !== next || event.text !== textOf(next)) expect(event).toMatchObject({ number: next });
      if (++next === count) break;
      sendSome();
    }
    expect([skel.bss.sent, skel.bss.refused, skel.maps.events.lost]).toEqual([BigInt(count), 0n, 0]);
  });

  it("wakes a loop that waits, for every record, and costs nothing while it waits", async () => {
    using skel = perfEvents.load();
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { number } of skel.maps.events.records({ signal: stop.signal })) seen.push(number);
    })();
    await sleep(50);
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
    for (let i = 0; i < 20; i++) {
      send(skel, i, 1, cpus[i % cpus.length]);
      await sleep(i < 10 ? 0 : 10);
    }
    await sleep(20);
    expect(seen.sort((a, b) => a - b)).toEqual(numbers(20));
    stop.abort();
    await reading;
  });

  it("reads records of odd lengths, which the kernel has padded", () => {
    using skel = perfEvents.load();
    skel.maps.odd_events.open();
    skel.maps.chunks.open();
    send(skel, 5, 300, 0, "send_odd");
    send(skel, 0, 1000, 0, "send_chunks");
    const odd: unknown[] = [];
    skel.maps.odd_events.consume(({ number, tag }) => odd.push([number, Array.from(tag)]));
    expect(odd).toEqual(numbers(300, 5).map((n) => [n, numbers(9, n).map((byte) => byte & 255)]));
    let next = 0;
    skel.maps.chunks.consume(({ number, length, data }) => {
      expect([number, length]).toEqual([next, next & 255]);
      // `size + 4` is a multiple of 8, and this is all that the kernel says about the length.
      expect(data.length).toBe(Math.ceil((8 + length + 4) / 8) * 8 - 4 - 8);
      if (length > 0) expect(data[0]).toBe(next & 255);
      if (length > 100) expect(data[100]).toBe((next + 100) & 255);
      next++;
    });
    expect(next).toBe(1000);
  });

  it("counts what found no room, and says on which CPU", async () => {
    using skel = perfEvents.load();
    skel.maps.events.open({ pages: 1 });
    const cpu = cpus.at(-1) ?? 0;
    send(skel, 0, 200, cpu);
    const { sent, refused } = skel.bss;
    expect(sent + refused).toBe(200n);
    // A record is 8 bytes of header, 4 of size, 64 of its own and 4 of padding.
    expect(sent).toBe(BigInt(Math.floor(libc().pageSize / 80)));
    expect(skel.maps.events.usage()).toEqual(
      cpus.map((one) => ({
        cpu: one,
        size: libc().pageSize,
        pending: one === cpu ? 80 * Number(sent) : 0,
        producerPosition: one === cpu ? 80n * sent : 0n,
        consumerPosition: 0n,
      })),
    );
    expect(consumed(skel).map(({ number }) => number)).toEqual(numbers(Number(sent)));
    expect(skel.maps.events.lost).toBe(0);
    send(skel, 1000, 1, cpu);
    const told: [number, number][] = [];
    const stop = new AbortController();
    const onLost = (of: number, count: number): void => void told.push([of, count]);
    for await (const { number } of skel.maps.events.records({ onLost, signal: stop.signal })) {
      expect(number).toBe(1000);
      break;
    }
    expect(told).toEqual([[cpu, Number(refused)]]);
    expect(skel.maps.events.lost).toBe(Number(refused));
  });

  it("says where a record is from, and when it was sent", async () => {
    using skel = perfEvents.load();
    skel.maps.events.open({ order: "time" });
    const before = process.hrtime.bigint();
    for (let i = 0; i < 100; i++) send(skel, 10 * i, 10, cpus[i % cpus.length]);
    const after = process.hrtime.bigint();
    const seen: number[] = [];
    let last = before;
    for await (const { cpu, time = 0n, record } of skel.maps.events.samples()) {
      expect(cpu).toBe(record.cpu);
      expect(time >= last && time >= record.time && time - record.time < 50_000_000n && time <= after).toBe(true);
      last = time;
      if (seen.push(record.number) === 1000) break;
    }
    expect(seen).toEqual(numbers(1000));
    send(skel, 5, 1);
    for await (const { time } of skel.maps.events.samples({ order: "cpu" })) {
      expect(time).toBeUndefined();
      break;
    }
  });

  it("keeps the order of time while programs send on all CPUs at once", async () => {
    using skel = perfEvents.load();
    skel.maps.events.open({ order: "time", pages: 256 });
    const senders = cpus.map((cpu) => {
      return new Worker(senderThread, { eval: true, workerData: { program: skel.progs.send.fd, cpu, rounds: 100 } });
    });
    const count = 100 * 20 * cpus.length;
    let last = 0n;
    const byCpu = new Map<number, number>();
    let seen = 0;
    for await (const { time = 0n, cpu } of skel.maps.events.samples()) {
      expect(time >= last).toBe(true);
      last = time;
      byCpu.set(cpu, (byCpu.get(cpu) ?? 0) + 1);
      if (++seen === count) break;
    }
    await Promise.all(senders.map((sender) => sender.terminate()));
    expect(byCpu).toEqual(new Map([...byCpu.keys()].map((cpu) => [cpu, count / cpus.length])));
    expect(byCpu.size).toBe(cpus.length);
    expect(skel.maps.events.lost).toBe(0);
  });
});
