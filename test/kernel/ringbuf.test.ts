import { expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import { u32 } from "../../src/runtime/codecs.ts";
import { RingBuffer } from "../../src/runtime/records/ring-buffer.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeMapByHand, RingSender, type HandMadeMap } from "./hand-made.ts";

interface Numbered {
  number: number;
  rest: string;
}

const Numbered: Codec<Numbered> = {
  size: 4,
  read: (from, at) => ({ number: from.u32(at), rest: from.restText(at + 4) }),
  write: () => {
    throw new Error("records are only read");
  },
};

function numbered(number: number, rest = ""): Uint8Array {
  const bytes = new Uint8Array(4 + Buffer.byteLength(rest));
  new Uint32Array(bytes.buffer, 0, 1)[0] = number;
  bytes.set(Buffer.from(rest), 4);
  return bytes;
}

interface Ring {
  readonly map: HandMadeMap;
  readonly ring: RingBuffer<Numbered>;
  readonly sender: RingSender;
  [Symbol.dispose](): void;
}

function makeRing(size: number = libc().pageSize): Ring {
  const map = makeMapByHand("ringbuf", { maxEntries: size });
  const sender = new RingSender(map);
  return {
    map,
    sender,
    ring: new RingBuffer(map, Numbered),
    [Symbol.dispose]: () => {
      sender[Symbol.dispose]();
      map.close();
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeWithKernel("a ring buffer of the kernel", {}, () => {
  it("delivers 20,000 records of all lengths, many times around", async () => {
    using made = makeRing(4 * libc().pageSize);
    const count = 20_000;
    const text = "abcdefghijklmnopqrstuvwxyz".repeat(12);
    const producing = (async () => {
      for (let i = 0; i < count; i++)
        while (!made.sender.send(numbered(i, text.slice(0, i % 300))))
          await new Promise((resolve) => setImmediate(resolve));
    })();
    let next = 0;
    for await (const { number, rest } of made.ring) {
      if (number !== next || rest !== text.slice(0, number % 300)) expect({ number, rest }).toEqual({ number: next });
      if (++next === count) break;
    }
    await producing;
    expect(next).toBe(count);
    expect(made.ring.consume(() => undefined)).toBe(0);
  });

  it("drains with consume, discarded records left out", () => {
    using made = makeRing();
    for (let i = 0; i < 5; i++) {
      made.sender.discard();
      made.sender.send(numbered(i));
    }
    const seen: number[] = [];
    expect(made.ring.consume(({ number }) => seen.push(number))).toBe(5);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(made.ring.consume(() => undefined)).toBe(0);
  });

  it("gives room back as records are read, and refuses more when nobody reads", async () => {
    using made = makeRing();
    let sent = 0;
    while (made.sender.send(numbered(sent))) sent++;
    expect(sent).toBe(libc().pageSize / 16 - 1);
    const stream = made.ring.records();
    expect(await stream.next()).toMatchObject({ value: { number: 0 } });
    expect(made.sender.send(numbered(sent))).toBe(true);
    expect(made.sender.send(numbered(sent + 1))).toBe(false);
    const numbers: number[] = [];
    for await (const { number } of stream) {
      numbers.push(number);
      if (number === sent) break;
    }
    expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
  });

  it("says how full it is", () => {
    using made = makeRing();
    const size = libc().pageSize;
    expect(made.ring.usage()).toEqual({ size, pending: 0, producerPosition: 0n, consumerPosition: 0n });
    for (let i = 0; i < 3; i++) made.sender.send(numbered(i));
    expect(made.ring.usage()).toEqual({ size, pending: 48, producerPosition: 48n, consumerPosition: 0n });
    made.ring.consume(() => undefined);
    expect(made.ring.usage()).toEqual({ size, pending: 0, producerPosition: 48n, consumerPosition: 48n });
  });

  it("goes on with the next loop where the last one was left", async () => {
    using made = makeRing();
    for (let i = 0; i < 6; i++) made.sender.send(numbered(i));
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      for await (const { number } of made.ring) {
        seen.push(number);
        if (number % 2 === 1) break;
      }
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("wakes a loop that waits, and costs nothing while it waits", async () => {
    using made = makeRing();
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { number } of made.ring.records({ signal: stop.signal })) seen.push(number);
    })();
    await sleep(50);
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
    for (let i = 0; i < 3; i++) {
      made.sender.send(numbered(i));
      await sleep(20);
    }
    expect(seen).toEqual([0, 1, 2]);
    stop.abort();
    await reading;
  });

  it("costs nothing while a loop is busy with a record and more are there", async () => {
    using made = makeRing();
    for (let i = 0; i < 3; i++) made.sender.send(numbered(i));
    const seen: number[] = [];
    const stream = made.ring.records();
    await stream.next();
    await stream.next();
    await stream.next();
    // Waiting makes the stream watch the descriptor; the answer comes with the next record.
    const fourth = stream.next();
    await sleep(10);
    for (let i = 3; i < 10; i++) made.sender.send(numbered(i));
    expect(await fourth).toMatchObject({ value: { number: 3 } });
    const before = process.cpuUsage();
    await sleep(300);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
    for await (const { number } of stream) {
      seen.push(number);
      if (number === 9) break;
    }
    expect(seen).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it("has one reader at a time", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    for await (const { number } of made.ring) {
      expect(() => made.ring.consume(() => undefined)).toThrow('map "hand_made" is being read already');
      await expect(made.ring.records().next()).rejects.toMatchObject({ code: "bad-input" });
      if (number === 2) break;
    }
    made.sender.send(numbered(3));
    made.ring.consume(() => {
      expect(() => made.ring.consume(() => undefined)).toThrow("being read already");
    });
  });

  it("takes nothing for a signal that is none, and can be read afterwards", () => {
    using made = makeRing();
    // What JavaScript lets pass: the controller instead of its signal.
    const controller = new AbortController() as unknown as AbortSignal;
    expect(() => made.ring.records({ signal: controller })).toThrow(
      new TypeError("records({ signal }) takes an AbortSignal: give it controller.signal, not the controller"),
    );
    expect(made.ring.consume(() => undefined)).toBe(0);
  });

  it("says so when a record is too short, and goes on with the next one", async () => {
    using made = makeRing();
    made.sender.send(Uint8Array.of(1, 2));
    made.sender.send(numbered(5));
    await expect(made.ring.records().next()).rejects.toThrow(
      'map "hand_made": a record has 2 bytes, and its type has 4',
    );
    expect(await made.ring.records().next()).toMatchObject({ value: { number: 5 } });
  });

  it("says what was wrong with closed maps and impossible sizes", async () => {
    const made = makeRing();
    made[Symbol.dispose]();
    await expect(made.ring.records().next()).rejects.toMatchObject({
      code: "closed",
      message: 'map "hand_made" is closed',
    });
    expect(() => made.ring.consume(() => undefined)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => made.ring.fd).toThrow(expect.objectContaining({ code: "closed" }));
    expect(made.ring).toMatchObject({ name: "hand_made", kind: "ringbuf", keySize: 0, valueSize: 0 });
  });
});

describeWithKernel("closing a ring buffer", {}, () => {
  it("ends a loop that waits", async () => {
    using made = makeRing();
    const reading = (async () => {
      for await (const record of made.ring) expect(record).toBeUndefined();
      return "ended";
    })();
    await sleep(20);
    made.map.close();
    expect(await reading).toBe("ended");
  });

  it("ends a loop from its own body", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    const seen: number[] = [];
    for await (const { number } of made.ring) {
      seen.push(number);
      made.map.close();
    }
    expect(seen).toEqual([1]);
  });

  it("ends consume from its own callback", () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    const seen: number[] = [];
    const count = made.ring.consume(({ number }) => {
      seen.push(number);
      made.map.close();
    });
    expect([count, seen]).toEqual([1, [1]]);
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
      using made = makeRing();
      for (let i = 0; i < records; i++) made.sender.send(numbered(i));
      const stop = new AbortController();
      const stream = made.ring.records({ signal: stop.signal });
      const answers = Array.from({ length: calls }, () => stream.next());
      await sleep(1);
      for (const action of order) {
        if (action === "close") made.map.close();
        else if (action === "abort") stop.abort();
        else await stream.return?.();
        await sleep(1);
      }
      const results = await Promise.all(answers);
      expect(results.map(({ done }) => done === true)).toEqual(results.map((_result, i) => i >= records));
      expect(await stream.next()).toEqual({ value: undefined, done: true });
    }
  });

  it("thirty times while records come in", async () => {
    for (let round = 0; round < 30; round++) {
      using made = makeRing();
      const reading = (async () => {
        let count = 0;
        for await (const record of made.ring) count += record.rest === "" ? 1 : 0;
        return count;
      })();
      for (let i = 0; i < round; i++) made.sender.send(numbered(i));
      if (round % 2 === 0) await sleep(0);
      made.map.close();
      expect(await reading).toBeLessThanOrEqual(round);
    }
  });
});

describeWithKernel("a ring buffer that is typed by a plain codec", {}, () => {
  it("delivers numbers", () => {
    using map = makeMapByHand("ringbuf", { maxEntries: libc().pageSize });
    using sender = new RingSender(map);
    sender.send(numbered(42));
    const seen: number[] = [];
    new RingBuffer(map, u32).consume((number) => seen.push(number));
    expect(seen).toEqual([42]);
  });
});
