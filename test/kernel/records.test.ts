import { expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import { mergeRecords } from "../../src/runtime/records/merge-records.ts";
import { RingBuffer } from "../../src/runtime/records/ring-buffer.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { variants, type EventsRecord } from "../golden/variants.skel.ts";
import { makeMapByHand, RingSender, type HandMadeMap } from "./hand-made.ts";

interface Numbered {
  number: number;
  rest: string;
}

/** As a generated module has it. */
const Numbered: Codec<Numbered> = {
  size: 4,
  view: (view) => {
    const record = {
      get number() {
        const { from, at } = view;
        return from.u32(at);
      },
      get rest() {
        const { from, at } = view;
        return from.restText(at + 4);
      },
    };
    return () => record;
  },
  read: (from, at) => ({ number: from.u32(at), rest: from.restText(at + 4) }),
  write: () => undefined,
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

function makeRing(): Ring {
  const map = makeMapByHand("ringbuf", { maxEntries: libc().pageSize });
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
const closed = expect.objectContaining({ code: "closed" }) as unknown;

async function collect<T>(records: AsyncIterable<T>, most: number): Promise<T[]> {
  const all: T[] = [];
  for await (const record of records) if (all.push(record) === most) break;
  return all;
}

describeWithKernel("records in other forms", {}, () => {
  it("come as their bytes", async () => {
    using made = makeRing();
    made.sender.send(numbered(7, "abc"));
    made.sender.send(Uint8Array.of(1));
    const bytes = await collect(made.ring.records({ raw: true }), 2);
    expect(bytes).toEqual([numbered(7, "abc"), Uint8Array.of(1)]);
    // Copies: what comes into the ring afterwards does not show in them.
    for (let i = 0; i < 400; i++) {
      made.sender.send(numbered(i, "xyz"));
      made.ring.drain();
    }
    expect(bytes[0]).toEqual(numbered(7, "abc"));
  });

  it("come in batches of what is there", async () => {
    using made = makeRing();
    for (let i = 0; i < 7; i++) made.sender.send(numbered(i));
    const batches = await collect(made.ring.records({ batch: 3 }), 3);
    expect(batches.map((batch) => batch.map(({ number }) => number))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const waiting = made.ring.records({ batch: 100, raw: true });
    const next = waiting.next();
    await sleep(5);
    made.sender.send(numbered(8));
    expect(await next).toEqual({ value: [numbered(8)], done: false });
    await waiting.return?.();
    expect(() => made.ring.records({ batch: 0 })).toThrow(RangeError);
    expect(() => made.ring.records({ batch: 1.5 })).toThrow("records({ batch: 1.5 })");
  });

  it("of a batch are not lost when one behind them can't be read", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    made.sender.send(Uint8Array.of(1));
    made.sender.send(numbered(3));
    const stream = made.ring.records({ batch: 10 });
    expect(await stream.next()).toMatchObject({ value: [{ number: 1 }, { number: 2 }] });
    await expect(stream.next()).rejects.toThrow("a record has 1 bytes, and its type has 4");
    expect(made.ring.drain()).toEqual([{ number: 3, rest: "" }]);
  });

  it("are filtered before they are decoded", async () => {
    using made = makeRing();
    for (let i = 0; i < 10; i++) made.sender.send(numbered(i, `text ${i}`));
    const odd = ({ number }: Numbered): boolean => number % 2 === 1;
    const stream = made.ring.records({ filter: odd });
    expect(await stream.next()).toEqual({ value: { number: 1, rest: "text 1" }, done: false });
    await stream.return?.();
    expect(made.ring.drain({ filter: odd }).map(({ number }) => number)).toEqual([3, 5, 7, 9]);
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    expect(made.ring.drain({ raw: true, filter: odd })).toEqual([numbered(1)]);
    expect(made.ring.usage().pending).toBe(0);
  });

  it("are gone when their filter throws, and the next one is there", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    const filter = ({ number }: Numbered): boolean => {
      if (number === 1) throw new Error("not this one");
      return true;
    };
    await expect(made.ring.records({ filter }).next()).rejects.toThrow("not this one");
    expect(made.ring.drain({ filter })).toMatchObject([{ number: 2 }]);
  });

  it("say how full the buffer is", () => {
    using made = makeRing();
    expect(made.ring.usage().pending).toBe(0);
    made.sender.send(numbered(1));
    made.sender.send(numbered(2, "12345"));
    expect(made.ring.usage().pending).toBe(16 + 24);
    made.ring.drain();
    expect(made.ring.usage().pending).toBe(0);
    made.map.close();
    expect(() => made.ring.usage().pending).toThrow(closed);
  });
});

describeWithKernel("records for a callback", {}, () => {
  it.each([false, true])(
    "go to one reader each, also when it ends itself and another begins (lazy: %s)",
    async (lazy) => {
      using made = makeRing();
      for (let i = 0; i < 4; i++) made.sender.send(numbered(i));
      const stop = new AbortController();
      const seen: number[] = [];
      const reading = made.ring.forEach(
        ({ number }) => {
          seen.push(number);
          stop.abort();
          seen.push(...made.ring.drain().map((record) => record.number));
        },
        { lazy, signal: stop.signal },
      );
      await reading;
      expect(seen).toEqual([0, 1, 2, 3]);
      made.sender.send(numbered(4));
      expect(made.ring.drain().map(({ number }) => number)).toEqual([4]);
    },
  );

  it("end with what a callback throws that has ended the loop before", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    const stop = new AbortController();
    const callback = (): never => {
      stop.abort();
      throw new Error("after the end");
    };
    await expect(made.ring.forEach(callback, { signal: stop.signal })).rejects.toThrow("after the end");
  });

  it("are none when the filter closes the buffer, whatever it answers", async () => {
    for (const answer of [false, true]) {
      using made = makeRing();
      made.sender.send(numbered(1));
      made.sender.send(numbered(2));
      const filter = (): boolean => {
        made.map.close();
        return answer;
      };
      expect(await made.ring.records({ filter }).next()).toEqual({ value: undefined, done: true });
    }
  });

  it("come until the signal is aborted", async () => {
    using made = makeRing();
    const stop = new AbortController();
    const seen: number[] = [];
    made.sender.send(numbered(0));
    const reading = made.ring.forEach(({ number }) => seen.push(number), { signal: stop.signal });
    for (let i = 1; i < 4; i++) {
      await sleep(5);
      made.sender.send(numbered(i));
    }
    await expect.poll(() => seen).toEqual([0, 1, 2, 3]);
    stop.abort();
    await reading;
    made.sender.send(numbered(4));
    await sleep(10);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(made.ring.drain()).toMatchObject([{ number: 4 }]);
  });

  it("end with the skeleton, also from the callback itself", async () => {
    for (const lazy of [false, true]) {
      using made = makeRing();
      for (let i = 0; i < 3; i++) made.sender.send(numbered(i));
      const seen: number[] = [];
      await made.ring.forEach(
        (record) => {
          seen.push(record.number);
          made.map.close();
          if (lazy) expect(() => record.number).toThrow(closed);
        },
        { lazy },
      );
      expect(seen).toEqual([0]);
    }
  });

  it("end with what the callback throws, and the buffer can be read again", async () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    const failing = made.ring.forEach(({ number }) => {
      throw new Error(`seen ${number}`);
    });
    await expect(failing).rejects.toThrow("seen 1");
    expect(made.ring.drain()).toMatchObject([{ number: 2 }]);
    await expect(made.ring.forEach(() => undefined, { signal: AbortSignal.abort() })).resolves.toBeUndefined();
    made.map.close();
    await expect(made.ring.forEach(() => undefined)).rejects.toMatchObject({ code: "closed" });
  });
});

describeWithKernel("records that are read lazily", {}, () => {
  it("show their members, and throw once the callback has returned", () => {
    using made = makeRing();
    for (let i = 0; i < 3; i++) made.sender.send(numbered(i, "text"));
    const kept: Numbered[] = [];
    const copies: Numbered[] = [];
    const count = made.ring.consume(
      (record) => {
        kept.push(record);
        copies.push({ ...record });
      },
      { lazy: true },
    );
    expect(count).toBe(3);
    expect(copies).toEqual([0, 1, 2].map((number) => ({ number, rest: "text" })));
    for (const record of kept) {
      expect(() => record.number).toThrow(closed);
      expect(() => record.rest).toThrow("used outside of the callback");
      expect(() => ({ ...record })).toThrow(closed);
    }
    made.map.close();
    for (const record of kept) expect(() => record.number).toThrow(closed);
  });

  it("throw after a callback that threw, and after closing in the callback", () => {
    using made = makeRing();
    made.sender.send(numbered(1));
    made.sender.send(numbered(2));
    let kept: Numbered | undefined;
    const throwing = (record: Numbered): void => {
      kept = record;
      throw new Error("it");
    };
    expect(() => made.ring.consume(throwing, { lazy: true })).toThrow("it");
    expect(() => kept?.number).toThrow(closed);
    made.ring.consume(
      (record) => {
        made.map.close();
        expect(() => record.number).toThrow(closed);
        expect(() => record.rest).toThrow(closed);
      },
      { lazy: true },
    );
  });

  it("are of too few bytes with the same error", () => {
    using made = makeRing();
    made.sender.send(Uint8Array.of(1));
    made.sender.send(numbered(2));
    expect(() => made.ring.consume(() => undefined, { lazy: true })).toThrow("a record has 1 bytes");
    expect(made.ring.drain()).toMatchObject([{ number: 2 }]);
  });
});

describeWithKernel("several buffers in one loop", {}, () => {
  it("take turns, each record with its buffer's name", async () => {
    using first = makeRing();
    using second = makeRing();
    for (let i = 0; i < 3; i++) first.sender.send(numbered(i));
    second.sender.send(numbered(10));
    const merged = mergeRecords({ first: first.ring, second: second.ring });
    expect((await collect(merged, 4)).map(([name, { number }]) => [name, number])).toEqual([
      ["first", 0],
      ["second", 10],
      ["first", 1],
      ["first", 2],
    ]);
  });

  it("wake the loop, whichever has records", async () => {
    using first = makeRing();
    using second = makeRing();
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const [name, { number }] of mergeRecords(
        { first: first.ring, second: second.ring },
        { signal: stop.signal },
      ))
        seen.push(`${name} ${number}`);
    })();
    for (const [made, number] of [
      [first, 1],
      [second, 2],
      [second, 3],
      [first, 4],
    ] as const) {
      await sleep(5);
      made.sender.send(numbered(number));
      await expect.poll(() => seen.at(-1)).toMatch(new RegExp(` ${number}$`, "u"));
    }
    stop.abort();
    await reading;
    expect(seen).toEqual(["first 1", "second 2", "second 3", "first 4"]);
    first.sender.send(numbered(5));
    expect(first.ring.drain()).toHaveLength(1);
  });

  it("end when one of them is closed, and let the others go", async () => {
    using first = makeRing();
    using second = makeRing();
    const reading = collect(mergeRecords({ first: first.ring, second: second.ring }), 1);
    await sleep(5);
    second.map.close();
    expect(await reading).toEqual([]);
    first.sender.send(numbered(1));
    expect(first.ring.drain()).toHaveLength(1);
  });

  it("are all let go of when one is being read already", async () => {
    using first = makeRing();
    using second = makeRing();
    const other = second.ring.records();
    const waiting = other.next();
    const merged = mergeRecords({ first: first.ring, second: second.ring });
    await expect(merged.next()).rejects.toMatchObject({ code: "bad-input" });
    first.sender.send(numbered(1));
    expect(first.ring.drain()).toHaveLength(1);
    second.sender.send(numbered(2));
    expect(await waiting).toMatchObject({ value: { number: 2 } });
  });

  it("have to be buffers", () => {
    using made = makeRing();
    expect(() => mergeRecords({ not: { name: "x", record: made.ring.record } })).toThrow(TypeError);
  });
});

describeWithKernel("records of several structs in one buffer", {}, () => {
  const send = (skel: ReturnType<typeof variants.load>, which: number, pid = 0): void => {
    const what = new Uint8Array(Uint32Array.of(which, pid).buffer);
    expect(skel.progs.send.run(what).returnValue).toBe(0);
  };

  it("are told apart as the flags of the skeleton say", () => {
    using skel = variants.load();
    for (let which = 0; which < 4; which++) send(skel, which, 40 + which);
    const all: EventsRecord[] = skel.maps.events.drain();
    expect(all).toEqual([
      { kind: 1, pid: 40, comm: "sh" },
      { kind: 2, pid: 41, type: 4, status: -5 },
      { kind: -3, pid: 42, text: "a line" },
      { kind: undefined, bytes: Uint8Array.of(99, 0, 0, 0, 1, 0, 0, 0) },
    ]);
    for (let which = 4; which < 6; which++) send(skel, which);
    expect(skel.maps.files.drain().map((file) => (file.type === "opened" ? file.inode : file.type))).toEqual([
      1n << 40n,
      "closed",
    ]);
  });

  it("are told apart lazily", () => {
    using skel = variants.load();
    for (let which = 0; which < 4; which++) send(skel, which, 40 + which);
    const seen: unknown[] = [];
    skel.maps.events.consume(
      (event) => {
        if (event.kind === 2) seen.push(event.status);
        else if (event.kind === -3) seen.push(event.text);
        else if (event.kind === undefined) seen.push(event.bytes.length);
      },
      { lazy: true },
    );
    expect(seen).toEqual([-5, "a line", 8]);
  });
});
