import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "../maps/bpf-map.ts";
import type { Fd } from "../sys/fd.ts";
import { Poller } from "../sys/poll.ts";
import { mapRing, type MappedRing } from "./mapped-ring.ts";
import { RecordStream, type RecordHost } from "./record-stream.ts";
import { ringUsage, type RingUsage } from "./ring-usage.ts";
import { RingRecords } from "./ring-records.ts";

/** How {@link RingBuffer.records} reads. */
export interface RecordOptions {
  /** Ends the loop when it is aborted, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The memory of a ring that is being read. */
interface OpenRing<T> {
  readonly mapped: MappedRing;
  readonly records: RingRecords<T>;
}

/**
 * A ring buffer: `BPF_MAP_TYPE_RINGBUF`, which programs in the kernel fill with records (Linux 5.8).
 *
 * One reader at a time. When nobody reads, or too slowly, the buffer fills up and programs fail to reserve room; the
 * kernel does not count what is lost that way.
 *
 * @example
 * for await (const event of skel.maps.events.records({ signal })) console.log(event.pid, event.comm);
 */
export class RingBuffer<T> extends BpfMap {
  /** How one record is read. */
  readonly record: Codec<T>;
  readonly #fd: Fd;
  readonly #host: RecordHost<T>;
  #ring: OpenRing<T> | undefined;
  #reader: RecordStream<T> | "consume" | undefined;

  constructor(handle: MapHandle, record: Codec<T>) {
    // What the object says about keys and values is about records, and the kernel is not told.
    super({ ...handle, keySize: 0, valueSize: 0 });
    this.record = record;
    this.#fd = handle.fd;
    this.#host = {
      begin: (stream) => this.#begin(stream),
      end: () => {
        this.#reader = undefined;
      },
      waiter: (onReadable) => new Poller(this.#fd, onReadable),
    };
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
   */
  records(options: RecordOptions = {}): AsyncIterableIterator<T, undefined> {
    return new RecordStream(this.#host, checkedSignal(options));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.records();
  }

  /** Calls back for each record that is there now, without waiting, and returns how many there were. */
  consume(callback: (record: T) => void): number {
    const records = this.#begin("consume");
    let count = 0;
    try {
      records.refresh();
      // The callback may close the skeleton, and with it the memory that the records are in.
      while (this.#ring !== undefined && records.next()) {
        const record = records.take();
        count++;
        callback(record);
      }
    } finally {
      this.#reader = undefined;
    }
    return count;
  }

  /**
   * How full it is. What programs found no room for is not in there: where that matters, they have to count it.
   *
   * Throws a `CoreGenError` with code `closed` when the skeleton was closed.
   */
  usage(): RingUsage {
    const { written, read } = (this.#ring ??= this.#open()).records.totals;
    return ringUsage(this.maxEntries, written, read);
  }

  #begin(reader: RecordStream<T> | "consume"): RingRecords<T> {
    if (this.#reader !== undefined) throw alreadyRead(this.name);
    const { records } = (this.#ring ??= this.#open());
    records.rewind();
    this.#reader = reader;
    return records;
  }

  #open(): OpenRing<T> {
    const mapped = mapRing(this.#fd, this.maxEntries);
    return { mapped, records: new RingRecords(mapped, this.record) };
  }

  /** Ends the reader before the memory goes that it reads. */
  #close(): void {
    if (this.#reader instanceof RecordStream) this.#reader.end();
    this.#ring?.mapped.close();
    this.#ring = undefined;
  }
}

/** The error of a second reader of one buffer. */
export function alreadyRead(name: string): CoreGenError {
  return new CoreGenError("bad-input", `map "${name}" is being read already, and a record can go to one reader only`, {
    hints: ["End the other loop first, or hand its records on to both places."],
  });
}

/** From JavaScript anything may come: what is no signal must not end up as a reader that can't be ended. */
export function checkedSignal({ signal }: RecordOptions): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError("records({ signal }) takes an AbortSignal: give it controller.signal, not the controller");
}
