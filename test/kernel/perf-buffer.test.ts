import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { u32 } from "../../src/runtime/codecs.ts";
import { onlineCpus, possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { PerfEventArray } from "../../src/runtime/records/perf-event-array.ts";
import { syscallNumbers } from "../../src/runtime/sys/arch.ts";
import { BPF_PROG_TEST_RUN } from "../../src/runtime/sys/bpf.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { mapFreeze } from "../../src/runtime/sys/map-ops.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { makeMapByHand } from "./hand-made.ts";
import { perfEvents, type Event, type PerfEvents } from "../objects/perf-events.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

const cpus = onlineCpus();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Sender = "send" | "send_odd" | "send_chunks";

/** Sends `count` records from a program on one CPU. */
function send(skel: PerfEvents, first: number, count: number, cpu = cpus[0] ?? 0, sender: Sender = "send"): void {
  skel.progs[sender].testRun({ context: [BigInt(first), BigInt(count)], cpu });
}

/** Sends `rounds` times 20 records from one CPU, in a thread of its own. */
function sendInThread(skel: PerfEvents, cpu: number, rounds: number): Worker {
  const workerData = {
    bpf: syscallNumbers().bpf,
    command: BPF_PROG_TEST_RUN,
    program: skel.progs.send.fd,
    cpu,
    rounds,
  };
  const code = `
    const koffi = require("koffi");
    const { bpf, command, program, cpu, rounds } = require("node:worker_threads").workerData;
    const syscall = koffi.load(null).func("long syscall(long, int, void *, int)");
    const context = new BigUint64Array([0n, 20n]);
    const attr = new DataView(new ArrayBuffer(72));
    attr.setUint32(0, program, true);
    attr.setUint32(40, context.byteLength, true);
    attr.setBigUint64(48, BigInt(koffi.address(context)), true);
    attr.setUint32(64, 1, true);
    attr.setUint32(68, cpu, true);
    for (let i = 0; i < rounds; i++) if (Number(syscall(bpf, command, attr.buffer, 72)) !== 0) throw new Error("refused");
    context.at(0);`;
  return new Worker(code, { eval: true, workerData });
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
    const senders = cpus.map((cpu) => sendInThread(skel, cpu, 100));
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

describeWithKernel("a reader of a perf event array", {}, () => {
  it("is one at a time", async () => {
    using skel = perfEvents.load();
    const { events } = skel.maps;
    events.open();
    send(skel, 1, 2);
    for await (const { number } of events) {
      expect(() => events.consume(() => undefined)).toThrow('map "events" is being read already');
      expect(() => {
        events.open();
      }).toThrow('map "events" is being read already');
      await expect(events.records().next()).rejects.toMatchObject({ code: "bad-input" });
      if (number === 2) break;
    }
    send(skel, 3, 1);
    events.consume(() => {
      expect(() => events.consume(() => undefined)).toThrow("being read already");
    });
  });

  it("goes on where the last one ended, and keeps the rings that it has", async () => {
    using skel = perfEvents.load();
    const { events } = skel.maps;
    events.open({ pages: 2 });
    send(skel, 0, 6);
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      for await (const { number } of events) {
        seen.push(number);
        if (number % 2 === 1) break;
      }
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(events.usage().map(({ size }) => size)).toEqual(cpus.map(() => 2 * libc().pageSize));
    send(skel, 6, 1);
    events.open({ pages: 4 });
    expect(events.usage().map(({ size, pending }) => [size, pending])).toEqual(
      cpus.map(() => [4 * libc().pageSize, 0]),
    );
    expect(consumed(skel)).toEqual([]);
  });

  it("is woken up after as many records or bytes as it says", async () => {
    for (const wakeup of [{ wakeupEvents: 5 }, { wakeupWatermark: 5 * 80 }]) {
      using skel = perfEvents.load();
      const seen: number[] = [];
      const stop = new AbortController();
      const reading = (async () => {
        for await (const { number } of skel.maps.events.records({ ...wakeup, signal: stop.signal })) seen.push(number);
      })();
      await sleep(20);
      send(skel, 0, 4);
      await sleep(50);
      expect(seen).toEqual([]);
      send(skel, 4, 2);
      await sleep(50);
      expect(seen).toEqual(numbers(6));
      stop.abort();
      await reading;
    }
  });

  it("says so when a program sends before there are rings, and when the map has no place for a CPU", () => {
    const opened = perfEvents.open();
    opened.maps.events.maxEntries = 1;
    using skel = opened.load();
    send(skel, 0, 3);
    expect([skel.bss.refused, skel.bss.why]).toEqual([3n, -2n]);
    expect(skel.maps.events.usage()).toEqual([]);
    skel.maps.events.open();
    expect(skel.maps.events.usage()).toHaveLength(1);
  });

  it("is refused for options that can't be", () => {
    using skel = perfEvents.load();
    const { events } = skel.maps;
    const controller = new AbortController() as unknown as AbortSignal;
    expect(() => events.records({ signal: controller })).toThrow(TypeError);
    expect(() => events.records({ pages: 3 })).toThrow(
      new RangeError('map "events": pages takes a power of two from 1 to 262144, not 3'),
    );
    expect(() => events.samples({ wakeupEvents: 0 })).toThrow("wakeupEvents takes an integer from 1 to 2147483647");
    expect(() => events.samples({ wakeupWatermark: -1 })).toThrow("wakeupWatermark takes an integer from 0");
    expect(() => {
      events.open({ order: "size" as "time" });
    }).toThrow(new TypeError('map "events": order takes "cpu" or "time", not "size"'));
  });

  it("leaves nothing behind when the kernel refuses", () => {
    using map = makeMapByHand("perf_event_array", { keySize: 4, valueSize: 4, maxEntries: possibleCpus() });
    const events = new PerfEventArray(map, u32);
    mapFreeze(map.fd);
    const descriptors = openDescriptors().length;
    expect(() => {
      events.open();
    }).toThrow(expect.objectContaining({ code: "permission", errnoName: "EPERM" }));
    expect([openDescriptors().length, events.usage()]).toEqual([descriptors, []]);
  });
});

describeWithKernel("closing a perf event array", {}, () => {
  it("ends a loop that waits", async () => {
    using skel = perfEvents.load();
    const reading = (async () => {
      for await (const record of skel.maps.events) expect(record).toBeUndefined();
      return "ended";
    })();
    await sleep(20);
    skel.close();
    expect(await reading).toBe("ended");
  });

  it("ends a loop from its own body, from the callback of consume, and from onLost", async () => {
    const seen: unknown[] = [];
    for (const how of ["loop", "consume", "lost", "lost while waiting", "lost in order"] as const) {
      using skel = perfEvents.load();
      const { events } = skel.maps;
      events.open({ pages: 1, order: how === "lost in order" ? "time" : "cpu" });
      const onLost = (): void => {
        seen.push(how);
        skel.close();
      };
      if (how === "consume") {
        send(skel, 0, 2);
        expect(events.consume(onLost)).toBe(1);
        continue;
      }
      if (how === "loop") {
        send(skel, 0, 2);
        for await (const record of events) onLost.call(record);
        continue;
      }
      send(skel, 0, 200);
      let last = Number(skel.bss.sent) - 1;
      for await (const { number } of events.records({ onLost })) {
        if (number !== last) continue;
        last = -1;
        if (how !== "lost while waiting") send(skel, 500, 1);
        else
          setTimeout(() => {
            send(skel, 500, 1);
          }, 20);
      }
      expect(last).toBe(-1);
      await expect(events.records().next()).rejects.toMatchObject({
        code: "closed",
        message: 'map "events" is closed',
      });
    }
    expect(seen).toEqual(["loop", "consume", "lost", "lost while waiting", "lost in order"]);
  });

  it("makes everything but its name throw", async () => {
    const skel = perfEvents.load();
    const { events } = skel.maps;
    events.open();
    skel.close();
    await expect(events.records().next()).rejects.toMatchObject({ code: "closed" });
    const uses = [
      () => events.consume(() => undefined),
      () => events.usage(),
      () => {
        events.open();
      },
    ];
    for (const use of uses)
      expect(use).toThrow(expect.objectContaining({ code: "closed", message: 'map "events" is closed' }));
    expect(events).toMatchObject({ name: "events", kind: "perf_event_array", lost: 0 });
  });

  it("leaves records where they are when onLost throws or aborts", async () => {
    using skel = perfEvents.load();
    const { events } = skel.maps;
    events.open({ pages: 1 });
    const overflow = (number: number): void => {
      send(skel, 0, 100);
      consumed(skel);
      send(skel, number, 1);
    };
    const onLost = (): void => {
      throw new Error("on purpose");
    };
    overflow(1000);
    await expect(events.records({ onLost }).next()).rejects.toThrow("on purpose");
    expect(consumed(skel)).toMatchObject([{ number: 1000 }]);
    overflow(2000);
    const stop = new AbortController();
    const aborting = events.records({
      signal: stop.signal,
      onLost: () => {
        stop.abort();
      },
    });
    expect(await aborting.next()).toEqual({ value: undefined, done: true });
    expect(consumed(skel)).toMatchObject([{ number: 2000 }]);
  });

  const orders = [
    ["close", "abort", "return"],
    ["close", "return", "abort"],
    ["abort", "close", "return"],
    ["abort", "return", "close"],
    ["return", "close", "abort"],
    ["return", "abort", "close"],
  ] as const;

  it.each([
    ["waiting", 0, 1],
    ["with records left", 3, 1],
    ["not started", 3, 0],
    ["with several calls waiting", 1, 4],
  ])("%s, in every order with abort and break", async (_, records, calls) => {
    for (const order of orders) {
      using skel = perfEvents.load();
      skel.maps.events.open();
      send(skel, 0, records);
      const stop = new AbortController();
      const stream = skel.maps.events.records({ signal: stop.signal });
      const answers = Array.from({ length: calls }, () => stream.next());
      await sleep(1);
      for (const action of order) {
        if (action === "close") skel.close();
        else if (action === "abort") stop.abort();
        else await stream.return?.();
        await sleep(1);
      }
      const results = await Promise.all(answers);
      expect(results.map(({ done }) => done === true)).toEqual(results.map((_result, i) => i >= records));
      expect(await stream.next()).toEqual({ value: undefined, done: true });
    }
  });
});
