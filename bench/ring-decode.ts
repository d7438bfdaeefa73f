/**
 * How fast records of a ring buffer become objects: user space alone, on a ring that was filled beforehand.
 *
 *     npx tsx bench/ring-decode.ts
 *
 * The record is that of examples/execsnoop: two u32, char comm[16], char filename[256], 288 bytes with its header. Its
 * reader is what the generator prints. 2000 records stay in the processor's cache, as those of a live tool do.
 */
import type { Codec } from "../src/runtime/codec.ts";
import { RecordStream } from "../src/runtime/records/record-stream.ts";
import type { RingMemory } from "../src/runtime/records/ring-cursor.ts";
import { RingRecords } from "../src/runtime/records/ring-records.ts";

interface Event {
  pid: number;
  ppid: number;
  comm: string;
  filename: string;
}

const Event: Codec<Event> = {
  size: 280,
  read: (from, at) => ({
    pid: from.u32(at),
    ppid: from.u32(at + 4),
    comm: from.text(at + 8, 16),
    filename: from.text(at + 24, 256),
  }),
  write: (to, at, value) => {
    to.clear(at, 280);
    to.setU32(at, value.pid);
    to.setU32(at + 4, value.ppid);
    to.setText(at + 8, 16, value.comm);
    to.setText(at + 24, 256, value.filename);
  },
};

/** Numbers only: `struct { u64 a, b; u32 c, d; }`, 32 bytes with its header. */
const Small: Codec<{ a: bigint; b: bigint; c: number; d: number }> = {
  size: 24,
  read: (from, at) => ({ a: from.u64(at), b: from.u64(at + 8), c: from.u32(at + 16), d: from.u32(at + 20) }),
  write: () => undefined,
};

const recordCount = 2000;
const rounds = 60;
const ringSize = 1024 * 1024;

function fillRing(recordSize: number): RingMemory {
  const data = new Uint8Array(2 * ringSize);
  const words = new Uint32Array(data.buffer);
  const producer = new Uint8Array(4096);
  const total = recordSize + 8;
  for (let i = 0; i < recordCount; i++) {
    const at = i * total;
    words[at / 4] = recordSize;
    words[at / 4 + 2] = 1000 + i;
    words[at / 4 + 3] = 1000;
    if (recordSize < 100) continue;
    data.set(Buffer.from("node"), at + 16);
    data.set(Buffer.from(`/usr/lib/some/where/program-${1000 + (i % 16)}-name`), at + 32);
  }
  new BigUint64Array(producer.buffer)[0] = BigInt(recordCount * total);
  return { what: "the ring", consumer: new Uint8Array(4096), producer, data, size: ringSize };
}

/** Nanoseconds per record of each round; the ring is full again at the start of each. */
async function measure(memory: RingMemory, read: () => number | Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    new BigUint64Array(memory.consumer.buffer)[0] = 0n;
    const start = process.hrtime.bigint();
    const count = await read();
    times.push(Number(process.hrtime.bigint() - start) / count);
    if (count !== recordCount) throw new Error(`${count} records were read instead of ${recordCount}`);
  }
  return times.sort((a, b) => a - b);
}

/** Keeps the last 4096 records alive, as an app that does something with them would. */
const kept = new Array<unknown>(4096);

function consume<T>(records: RingRecords<T>): number {
  let count = 0;
  records.rewind();
  records.refresh();
  while (records.next()) kept[count++ & 4095] = records.take();
  return count;
}

async function forAwait<T>(records: RingRecords<T>): Promise<number> {
  let count = 0;
  records.rewind();
  const host = {
    begin: () => records,
    end: () => undefined,
    waiter: () => ({ start: () => undefined, stop: () => undefined, close: () => undefined }),
  };
  for await (const record of new RecordStream(host, undefined)) {
    kept[count++ & 4095] = record;
    if (count === recordCount) break;
  }
  return count;
}

function report(name: string, times: readonly number[]): void {
  const [best = 0, median = 0] = [times[0], times[Math.floor(times.length / 2)]];
  const rate = (nanoseconds: number): string => (1000 / nanoseconds).toFixed(1);
  console.log(
    `${name.padEnd(36)} ${median.toFixed(1).padStart(6)} ns (best ${best.toFixed(1)})  ${rate(median).padStart(5)} M records/s (best ${rate(best)})`,
  );
}

async function run<T>(name: string, recordSize: number, codec: Codec<T>): Promise<void> {
  const memory = fillRing(recordSize);
  const records = new RingRecords(memory, codec);
  report(`${name}, consume`, await measure(memory, () => consume(records)));
  report(`${name}, for await`, await measure(memory, () => forAwait(records)));
}

await run("exec records of 288 bytes", 280, Event);
await run("small records of 32 bytes", 24, Small);
