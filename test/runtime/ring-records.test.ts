import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/runtime/codec.ts";
import { bytes, u32 } from "../../src/runtime/codecs.ts";
import { RingRecords } from "../../src/runtime/records/ring-records.ts";
import { FakeRing } from "./fake-ring.ts";

interface Named {
  pid: number;
  name: string;
}

/** `struct { u32 pid; char name[]; }` */
const Named: Codec<Named> = {
  size: 4,
  read: (from, at) => ({ pid: from.u32(at), name: from.restText(at + 4) }),
  write: (to, at, value) => {
    to.setU32(at, value.pid);
    to.setRestText(at + 4, value.name);
  },
};

function named(pid: number, name: string): Uint8Array {
  const record = new Uint8Array(4 + name.length);
  new Uint32Array(record.buffer, 0, 1)[0] = pid;
  record.set(Buffer.from(name), 4);
  return record;
}

function all<T>(records: RingRecords<T>): T[] {
  const values: T[] = [];
  records.refresh();
  while (records.next()) values.push(records.take());
  return values;
}

describe("records of a ring", () => {
  it("end where the record ends, not where the next one begins", () => {
    const ring = new FakeRing(128, 96n);
    const records = new RingRecords(ring.memory, Named);
    ring.output(named(1, "a"));
    ring.output(named(2, "much longer, past the end of the ring"));
    expect(all(records)).toEqual([
      { pid: 1, name: "a" },
      { pid: 2, name: "much longer, past the end of the ring" },
    ]);
  });

  it("may be longer than their type", () => {
    const ring = new FakeRing(128);
    ring.output(Uint8Array.of(1, 0, 0, 0, 99, 99));
    expect(all(new RingRecords(ring.memory, bytes(4)))).toEqual([Uint8Array.of(1, 0, 0, 0)]);
  });

  it("may not be shorter: that record is dropped, and the next one is read", () => {
    const ring = new FakeRing(128);
    const records = new RingRecords(ring.memory, u32);
    ring.output(Uint8Array.of(1, 2, 3));
    ring.output(new Uint8Array(Uint32Array.of(77).buffer));
    records.refresh();
    expect(records.next()).toBe(true);
    expect(() => records.take()).toThrow(
      expect.objectContaining({ code: "bad-value", message: 'map "fake": a record has 3 bytes, and its type has 4' }),
    );
    expect(all(records)).toEqual([77]);
  });

  it("do not change when the ring's memory is used again", () => {
    const ring = new FakeRing(64);
    const records = new RingRecords(ring.memory, bytes(8));
    ring.output(new Uint8Array(8).fill(1));
    const [first] = all(records);
    for (let i = 0; i < 10; i++) {
      ring.output(new Uint8Array(8).fill(2));
      all(records);
    }
    expect(first).toEqual(new Uint8Array(8).fill(1));
  });
});
