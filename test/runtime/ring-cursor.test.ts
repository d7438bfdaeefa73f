import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RingCursor } from "../../src/runtime/records/ring-cursor.ts";
import { FakeRing } from "./fake-ring.ts";

/** The record that the cursor is at, copied. */
function recordAt(ring: FakeRing, cursor: RingCursor): number[] {
  return [...ring.memory.data.subarray(cursor.at, cursor.at + cursor.length)];
}

function drain(ring: FakeRing, cursor: RingCursor): number[][] {
  const records: number[][] = [];
  cursor.refresh();
  while (cursor.next()) {
    records.push(recordAt(ring, cursor));
    cursor.release();
  }
  return records;
}

describe("a ring cursor", () => {
  it("finds nothing in an empty ring", () => {
    const ring = new FakeRing(64);
    expect(drain(ring, new RingCursor(ring.memory))).toEqual([]);
    expect(ring.consumerPosition).toBe(0n);
  });

  it("finds what was submitted before it looked, in order", () => {
    const ring = new FakeRing(128);
    const cursor = new RingCursor(ring.memory);
    ring.output(Uint8Array.of(1, 2, 3));
    ring.output(Uint8Array.of());
    cursor.refresh();
    ring.output(Uint8Array.of(4));
    expect(cursor.next()).toBe(true);
    expect(recordAt(ring, cursor)).toEqual([1, 2, 3]);
    cursor.release();
    expect(ring.consumerPosition).toBe(16n);
    expect(cursor.next()).toBe(true);
    expect(cursor.length).toBe(0);
    cursor.release();
    expect(cursor.next()).toBe(false);
    expect(drain(ring, cursor)).toEqual([[4]]);
    expect(ring.consumerPosition).toBe(ring.producerPosition);
  });

  it("stays at a record until it is released", () => {
    const ring = new FakeRing(64);
    const cursor = new RingCursor(ring.memory);
    ring.output(Uint8Array.of(7));
    cursor.refresh();
    expect([cursor.next(), cursor.next()]).toEqual([true, true]);
    expect(ring.consumerPosition).toBe(0n);
    expect(drain(ring, new RingCursor(ring.memory))).toEqual([[7]]);
  });

  it("stops at a record that is busy, with complete ones behind it, and passes over discarded ones", () => {
    const ring = new FakeRing(256);
    const cursor = new RingCursor(ring.memory);
    ring.output(Uint8Array.of(1));
    const slow = ring.reserve(Uint8Array.of(2));
    const unwanted = ring.reserve(Uint8Array.of(3));
    ring.output(Uint8Array.of(4));
    expect(drain(ring, cursor)).toEqual([[1]]);
    expect(drain(ring, cursor)).toEqual([]);
    slow?.submit();
    expect(drain(ring, cursor)).toEqual([[2]]);
    unwanted?.discard();
    expect(drain(ring, cursor)).toEqual([[4]]);
    expect(ring.consumerPosition).toBe(64n);
  });

  it("goes on where another consumer stopped", () => {
    const ring = new FakeRing(64);
    const [first, second] = [new RingCursor(ring.memory), new RingCursor(ring.memory)];
    ring.output(Uint8Array.of(1));
    expect(drain(ring, first)).toEqual([[1]]);
    ring.output(Uint8Array.of(2));
    second.rewind();
    expect(drain(ring, second)).toEqual([[2]]);
  });

  it.each([
    ["2^31", 2n ** 31n - 40n],
    ["2^32", 2n ** 32n - 40n],
    ["2^33", 2n ** 33n - 40n],
    ["2^53", 2n ** 53n - 40n],
    ["2^63", 2n ** 63n - 40n],
  ])("passes position %s", (_, position) => {
    const ring = new FakeRing(64, position);
    const cursor = new RingCursor(ring.memory);
    for (let i = 0; i < 20; i++) {
      expect(ring.output(Uint8Array.of(i, i, i))).toBe(true);
      expect(drain(ring, cursor)).toEqual([[i, i, i]]);
      expect(ring.consumerPosition).toBe(position + BigInt(16 * (i + 1)));
    }
  });

  it("reads records that wrap around in one piece", () => {
    const ring = new FakeRing(64, 48n);
    const cursor = new RingCursor(ring.memory);
    const record = Uint8Array.from({ length: 40 }, (_, i) => i);
    ring.output(record);
    expect(drain(ring, cursor)).toEqual([[...record]]);
  });

  it("refuses a record that is longer than what was written", () => {
    const ring = new FakeRing(64);
    ring.output(Uint8Array.of(1));
    new Uint32Array(ring.memory.data.buffer)[0] = 1000;
    const cursor = new RingCursor(ring.memory);
    cursor.refresh();
    expect(() => cursor.next()).toThrow(/map "fake": a record of 1000 bytes reaches past what was written/u);
  });

  it("delivers every submitted record once and in order, whatever producers and consumer do", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("reserve" as const), bytes: fc.uint8Array({ maxLength: 60 }) }),
      fc.record({ do: fc.constantFrom("submit" as const, "discard" as const), which: fc.nat(3) }),
      fc.record({ do: fc.constant("drain" as const) }),
    );
    const start = fc.constantFrom(0n, 2n ** 31n - 64n, 2n ** 32n - 64n, 2n ** 32n * 5n - 8n);
    fc.assert(
      fc.property(
        start,
        fc.constantFrom(64, 128, 4096),
        fc.array(step, { maxLength: 200 }),
        (position, size, steps) => {
          const ring = new FakeRing(size, position);
          const cursor = new RingCursor(ring.memory);
          const records: {
            bytes: number[];
            state: "busy" | "submitted" | "discarded";
            finish: (submit: boolean) => void;
          }[] = [];
          const got: number[][] = [];
          for (const one of steps) {
            if (one.do === "reserve") {
              const reservation = ring.reserve(one.bytes);
              if (reservation === undefined) continue;
              const finish = (submit: boolean): void => {
                if (submit) reservation.submit();
                else reservation.discard();
              };
              records.push({ bytes: [...one.bytes], state: "busy", finish });
            } else if (one.do === "drain") got.push(...drain(ring, cursor));
            else {
              const record = records.filter(({ state }) => state === "busy")[one.which];
              if (record === undefined) continue;
              record.state = one.do === "submit" ? "submitted" : "discarded";
              record.finish(one.do === "submit");
            }
          }
          got.push(...drain(ring, cursor));
          const firstBusy = records.findIndex(({ state }) => state === "busy");
          const complete = firstBusy < 0 ? records : records.slice(0, firstBusy);
          expect(got).toEqual(complete.filter(({ state }) => state === "submitted").map(({ bytes }) => bytes));
          if (firstBusy < 0) expect(ring.consumerPosition).toBe(ring.producerPosition);
        },
      ),
    );
  });
});
