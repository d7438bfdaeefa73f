import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import {
  RecordStream,
  type RecordHost,
  type RecordSource,
  type Waiter,
} from "../../src/runtime/records/record-stream.ts";

/** A buffer of numbers whose "kernel" is the test. */
class FakeBuffer implements RecordHost<number>, RecordSource<number>, Waiter {
  readonly log: string[] = [];
  readonly queue: (number | Error)[] = [];
  reading = false;
  #visible = 0;
  #onReadable: (() => void) | undefined;
  #watching = false;

  /** Adds records, and calls back until they are read or nobody watches, as the level-triggered descriptor does. */
  send(...records: (number | Error)[]): void {
    this.queue.push(...records);
    this.wakeUp();
  }

  wakeUp(): void {
    if (this.#watching) this.#onReadable?.();
  }

  get watching(): boolean {
    return this.#watching;
  }

  stream(signal?: AbortSignal): RecordStream<number> {
    return new RecordStream(this, signal);
  }

  begin(): this {
    if (this.reading) throw new Error("being read already");
    this.reading = true;
    this.#visible = 0;
    return this;
  }

  end(): void {
    this.reading = false;
  }

  waiter(onReadable: () => void): Waiter {
    this.#onReadable = onReadable;
    return this;
  }

  refresh(): void {
    this.#visible = this.queue.length;
  }

  next(): boolean {
    return this.#visible > 0;
  }

  take(): number {
    this.#visible--;
    const record = this.queue.shift();
    if (record instanceof Error) throw record;
    return record ?? NaN;
  }

  start(): void {
    this.#watching = true;
    this.log.push("start");
  }

  stop(): void {
    this.#watching = false;
    this.log.push("stop");
  }

  close(): void {
    this.#watching = false;
    this.log.push("close");
  }
}

const ended = { value: undefined, done: true };

async function collect(stream: AsyncIterable<number>, into: number[] = []): Promise<number[]> {
  for await (const record of stream) into.push(record);
  return into;
}

/** Lets promises and immediates run. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("a stream of records", () => {
  it("hands out what is there without watching", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(1, 2);
    const stream = buffer.stream();
    expect([await stream.next(), await stream.next()]).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
    ]);
    expect(buffer.log).toEqual([]);
  });

  it("waits for the next record, and is quiet while the loop works on one", async () => {
    const buffer = new FakeBuffer();
    const stream = buffer.stream();
    const first = stream.next();
    expect(buffer.watching).toBe(true);
    buffer.send(1);
    expect(await first).toEqual({ value: 1, done: false });
    buffer.send(2);
    expect(buffer.watching).toBe(false);
    expect(await stream.next()).toEqual({ value: 2, done: false });
    const third = stream.next();
    expect(buffer.watching).toBe(true);
    buffer.send(3);
    expect(await third).toEqual({ value: 3, done: false });
  });

  it("takes a record out of the buffer when it is asked for, and not earlier", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(1, 2, 3, 4);
    for await (const record of buffer.stream()) if (record === 2) break;
    expect(buffer.queue).toEqual([3, 4]);
    for await (const record of buffer.stream()) if (record === 4) break;
    expect(buffer.queue).toEqual([]);
  });

  it("goes on waiting when there is nothing to read after all", async () => {
    const buffer = new FakeBuffer();
    const stream = buffer.stream();
    const next = stream.next();
    buffer.wakeUp();
    buffer.wakeUp();
    expect(buffer.log).toEqual(["start"]);
    buffer.send(1);
    expect(await next).toEqual({ value: 1, done: false });
  });

  it("answers calls that did not wait for each other in their order", async () => {
    const buffer = new FakeBuffer();
    const stream = buffer.stream();
    const answers = Promise.all([stream.next(), stream.next(), stream.next()]);
    for (const record of [1, 2, 3]) {
      buffer.send(record);
      await turn();
    }
    expect((await answers).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it("lets the event loop run between records that are always there", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(...Array.from({ length: 10_000 }, (_, i) => i));
    const stop = new AbortController();
    setImmediate(() => {
      stop.abort();
    });
    const records = await collect(buffer.stream(stop.signal));
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBeLessThan(1000);
    expect(records).toEqual(Array.from({ length: records.length }, (_, i) => i));
  });

  it("ends with an exception of the loop, and the buffer can be read again", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(1, 2);
    const failing = async (): Promise<void> => {
      for await (const record of buffer.stream()) throw new Error(`seen ${record}`);
    };
    await expect(failing()).rejects.toThrow("seen 1");
    expect(buffer.reading).toBe(false);
    expect(await buffer.stream().next()).toEqual({ value: 2, done: false });
  });

  it("fails with a record that can't be read, at once or after waiting", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(new Error("bad"), 2);
    await expect(collect(buffer.stream())).rejects.toThrow("bad");
    expect(buffer.reading).toBe(false);
    const stream = buffer.stream();
    expect(await stream.next()).toEqual({ value: 2, done: false });
    const waiting = stream.next();
    buffer.send(new Error("worse"));
    await expect(waiting).rejects.toThrow("worse");
    expect(buffer.reading).toBe(false);
    expect(buffer.log.at(-1)).toBe("close");
    expect(await stream.next()).toEqual(ended);
  });

  it("refuses to read beside another stream, and does not disturb it", async () => {
    const buffer = new FakeBuffer();
    const first = buffer.stream();
    const waiting = first.next();
    await expect(buffer.stream().next()).rejects.toThrow("being read already");
    buffer.send(1);
    expect(await waiting).toEqual({ value: 1, done: false });
    await first.return();
    buffer.queue.push(2);
    expect(await buffer.stream().next()).toEqual({ value: 2, done: false });
  });

  it("does not begin to read before the first record is asked for", async () => {
    const buffer = new FakeBuffer();
    const unused = buffer.stream();
    buffer.queue.push(1);
    expect(await buffer.stream().next()).toEqual({ value: 1, done: false });
    expect(await unused.return()).toEqual(ended);
    expect(buffer.reading).toBe(true);
  });
});

describe("a stream that is ended from outside", () => {
  it("ends the loop that waits", async () => {
    const buffer = new FakeBuffer();
    const stream = buffer.stream();
    const records = collect(stream);
    buffer.send(1);
    await turn();
    stream.end();
    stream.end();
    expect(await records).toEqual([1]);
    expect(buffer.log.at(-1)).toBe("close");
    expect(buffer.reading).toBe(false);
  });

  it("ends all calls that wait", async () => {
    const stream = new FakeBuffer().stream();
    const answers = Promise.all([stream.next(), stream.next()]);
    stream.end();
    expect(await answers).toEqual([ended, ended]);
  });

  it("ends between two records, and while it gives the event loop its turn", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(...Array<number>(1000).fill(7));
    const stream = buffer.stream();
    for (let i = 0; i < 256; i++) await stream.next();
    const afterTurn = stream.next();
    stream.end();
    expect(await afterTurn).toEqual(ended);
    expect(buffer.queue).toHaveLength(1000 - 256);
  });

  it("stays quiet when a call comes after its end", async () => {
    const buffer = new FakeBuffer();
    const stream = buffer.stream();
    const waiting = stream.next();
    stream.end();
    buffer.queue.push(1);
    // The poller promises not to call after close; even if it did, nothing would be read.
    buffer.start();
    buffer.wakeUp();
    expect(await waiting).toEqual(ended);
    expect(buffer.queue).toEqual([1]);
  });
});

describe("a stream with a signal", () => {
  it("ends without an error when it is aborted, and leaves no listener", async () => {
    const buffer = new FakeBuffer();
    const stop = new AbortController();
    const records = collect(buffer.stream(stop.signal));
    buffer.send(1);
    await turn();
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
    stop.abort();
    expect(await records).toEqual([1]);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    expect(buffer.reading).toBe(false);
  });

  it("hands out nothing when it was aborted before", async () => {
    const buffer = new FakeBuffer();
    buffer.queue.push(1);
    expect(await collect(buffer.stream(AbortSignal.abort()))).toEqual([]);
    expect(buffer.queue).toEqual([1]);
    expect(buffer.reading).toBe(false);
  });

  it("ends when it is aborted in the loop's body", async () => {
    const buffer = new FakeBuffer();
    const stop = new AbortController();
    buffer.queue.push(1, 2);
    const seen: number[] = [];
    for await (const record of buffer.stream(stop.signal)) {
      seen.push(record);
      stop.abort();
    }
    expect(seen).toEqual([1]);
    expect(buffer.queue).toEqual([2]);
  });

  it.each([
    ["break", (stream: RecordStream<number>): Promise<unknown> => stream.return()],
    ["an exception", (stream: RecordStream<number>): Promise<unknown> => stream.throw("it").catch(() => undefined)],
  ])("leaves no listener after %s", async (_, stopReading) => {
    const buffer = new FakeBuffer();
    const stop = new AbortController();
    buffer.queue.push(1);
    const stream = buffer.stream(stop.signal);
    await stream.next();
    await stopReading(stream);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    stop.abort();
    expect(await stream.next()).toEqual(ended);
  });
});
