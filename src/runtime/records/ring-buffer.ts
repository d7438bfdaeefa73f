import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "../maps/bpf-map.ts";
import type { Fd } from "../sys/fd.ts";
import { Poller } from "../sys/poll.ts";
import { mapRing, type MappedRing } from "./mapped-ring.ts";
import { Batches } from "./batches.ts";
import { offerRecords, type RecordBuffer } from "./merge-records.ts";
import { RecordLoop } from "./record-loop.ts";
import {
  checkedBatch,
  checkedSignal,
  type ConsumeOptions,
  type FilterOptions,
  type ForEachOptions,
  type RecordOptions,
} from "./record-options.ts";
import { RecordStream, recordsPerTurn, type RecordHost, type RecordReader } from "./record-stream.ts";
import { RingCursor } from "./ring-cursor.ts";
import { RingRecords, type Reading } from "./ring-records.ts";
import { ringUsage, type RingUsage } from "./ring-usage.ts";

/**
 * A ring buffer: `BPF_MAP_TYPE_RINGBUF`, which programs in the kernel fill with records (Linux 5.8).
 *
 * One reader at a time. When nobody reads, or too slowly, the buffer fills up and programs fail to reserve room; the
 * kernel does not count what is lost that way.
 *
 * @example
 * for await (const event of skel.maps.events.records({ signal })) console.log(event.pid, event.comm);
 */
export class RingBuffer<T> extends BpfMap implements RecordBuffer<T> {
  /** How one record is read. */
  readonly record: Codec<T>;
  readonly #fd: Fd;
  #mapped: MappedRing | undefined;
  #reader: RecordReader | undefined;
  /** What the reader reads from. */
  #records: { finish(): void } | undefined;

  constructor(handle: MapHandle, record: Codec<T>) {
    // What the object says about keys and values is about records, and the kernel is not told.
    super({ ...handle, keySize: 0, valueSize: 0 });
    this.record = record;
    this.#fd = handle.fd;
    offerRecords<T>(this, this.#host(record, {}));
    handle.readers.add({
      close: () => {
        this.#close();
      },
    });
  }

  /**
   * The records as they come, for `for await`. The process stays alive for as long as a loop waits.
   *
   * The loop ends without an error when the signal is aborted and when the skeleton is closed. `break` and exceptions
   * end the loop and not the buffer: the next loop goes on with the next record. Throws a `CoreGenError` with code
   * `bad-input` when another loop is reading, with `closed` when the skeleton was closed before the loop began.
   *
   * @example
   * for await (const events of skel.maps.events.records({ signal, batch: 256, filter: ({ uid }) => uid === 0 })) save(events);
   */
  records(options: RecordOptions<T> & { raw: true; batch: number }): AsyncIterableIterator<Uint8Array[]>;
  records(options: RecordOptions<T> & { raw: true; batch?: undefined }): AsyncIterableIterator<Uint8Array>;
  records(options: RecordOptions<T> & { raw?: false; batch: number }): AsyncIterableIterator<T[]>;
  records(options?: RecordOptions<T> & { raw?: false; batch?: undefined }): AsyncIterableIterator<T>;
  records(options: RecordOptions<T> = {}): AsyncIterableIterator<unknown> {
    const signal = checkedSignal(options);
    const batch = checkedBatch(options);
    const reading = this.#reading(options);
    const host = options.raw === true ? this.#host(rawBytes, reading) : this.#host(this.record, reading);
    if (batch === undefined) return new RecordStream<unknown>(host, signal);
    const inBatches = { ...host, begin: (reader: RecordReader) => new Batches<unknown>(host.begin(reader), batch) };
    return new RecordStream<unknown>(inBatches, signal, Math.ceil(recordsPerTurn / batch));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.records();
  }

  /**
   * Calls back for each record as they come, until the signal is aborted or the skeleton closed: faster than a loop, and
   * without its back-pressure, for a promise that the callback returns is not waited for.
   *
   * The promise is rejected with what the callback throws, and as {@link RingBuffer.records} throws.
   */
  forEach(callback: (record: T) => void, options: ForEachOptions<T> = {}): Promise<void> {
    const signal = checkedSignal(options);
    return new RecordLoop(this.#host(this.record, this.#reading(options)), callback).run(signal);
  }

  /** Calls back for each record that is there now, without waiting, and returns how many there were. */
  consume(callback: (record: T) => void, options: ConsumeOptions<T> = {}): number {
    return this.#consume(this.record, this.#reading(options), callback);
  }

  /** All records that are there now, without waiting. */
  drain(options: FilterOptions<T> & { raw: true }): Uint8Array[];
  drain(options?: FilterOptions<T> & { raw?: false }): T[];
  drain(options: FilterOptions<T> & { raw?: boolean } = {}): (T | Uint8Array)[] {
    const all: (T | Uint8Array)[] = [];
    const add = (record: T | Uint8Array): unknown => all.push(record);
    if (options.raw === true) this.#consume(rawBytes, this.#reading(options), add);
    else this.#consume(this.record, this.#reading(options), add);
    return all;
  }

  #reading({ filter, lazy }: ConsumeOptions<T>): Reading {
    // The filter gets what the codec of the same buffer reads.
    const keeps = filter as ((record: unknown) => boolean) | undefined;
    return { lazy, filter: keeps === undefined ? undefined : { codec: this.record, keeps } };
  }

  #host<R>(codec: Codec<R>, reading: Reading): RecordHost<R, RingRecords<R>> {
    return {
      begin: (reader) => this.#begin(reader, codec, reading),
      end: (reader) => {
        this.#end(reader);
      },
      waiter: (onReadable) => new Poller(this.#fd, onReadable),
    };
  }

  #consume<R>(codec: Codec<R>, reading: Reading, callback: (record: R) => unknown): number {
    const reader = { end: (): void => undefined };
    const records = this.#begin(reader, codec, reading);
    let count = 0;
    try {
      records.refresh();
      // The callback may close the skeleton: then there is no next record.
      while (records.next()) {
        count++;
        records.handTo(callback);
      }
    } finally {
      this.#end(reader);
    }
    return count;
  }

  /**
   * How full it is. What programs found no room for is not in there: where that matters, they have to count it.
   *
   * Throws a `CoreGenError` with code `closed` when the skeleton was closed.
   */
  usage(): RingUsage {
    const { written, read } = new RingCursor(this.#memory()).totals;
    return ringUsage(this.maxEntries, written, read);
  }

  #begin<R>(reader: RecordReader, codec: Codec<R>, reading: Reading): RingRecords<R> {
    if (this.#reader !== undefined) throw alreadyRead(this.name);
    const records = new RingRecords(this.#memory(), codec, reading);
    this.#reader = reader;
    this.#records = records;
    return records;
  }

  #end(reader: RecordReader): void {
    if (this.#reader !== reader) return;
    this.#records?.finish();
    this.#reader = undefined;
    this.#records = undefined;
  }

  #memory(): MappedRing {
    return (this.#mapped ??= mapRing(this.#fd, this.maxEntries));
  }

  /** Ends the reader before the memory goes that it reads. */
  #close(): void {
    this.#records?.finish();
    this.#reader?.end();
    this.#mapped?.close();
    this.#mapped = undefined;
  }
}

/** The error of a second reader of one buffer. */
export function alreadyRead(name: string): CoreGenError {
  return new CoreGenError("bad-input", `map "${name}" is being read already, and a record can go to one reader only`, {
    hints: ["End the other loop first, or hand its records on to both places."],
  });
}

const rawBytes: Codec<Uint8Array> = {
  size: 0,
  read: (from, at) => from.restBytes(at),
  write: (to, at, value) => {
    to.setRestBytes(at, value);
  },
};
