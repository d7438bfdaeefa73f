import { CoreGenError } from "../../errors.ts";
import type { Codec } from "../codec.ts";
import { BpfMap, type MapHandle } from "../maps/bpf-map.ts";
import type { Fd } from "../sys/fd.ts";
import { checkedPerfSettings, sameRings, type PerfOptions, type PerfSettings } from "./perf-options.ts";
import { PerfRecords } from "./perf-records.ts";
import { PerfRings } from "./perf-rings.ts";
import { PerfWaiter } from "./perf-waiter.ts";
import { RecordStream, type RecordHost } from "./record-stream.ts";
import { ringUsage, type RingUsage } from "./ring-usage.ts";
import { checkedSignal, type ReadOptions } from "./record-options.ts";
import { alreadyRead } from "./ring-buffer.ts";

/** How {@link PerfEventArray.records} reads. */
export interface PerfRecordOptions extends ReadOptions, PerfOptions {
  /** Called when the kernel says that it dropped records of a CPU, whose ring was full. What it throws ends the loop. */
  readonly onLost?: ((cpu: number, count: number) => void) | undefined;
}

/** One record of a perf event array, and where it is from. */
export interface PerfSample<T> {
  readonly record: T;
  /** The CPU that the program ran on. */
  readonly cpu: number;
  /** When it was sent, as `bpf_ktime_get_ns()` counts; undefined when records are not read in the order of time. */
  readonly time: bigint | undefined;
}

/** How much one CPU's ring of a perf event array holds. */
export interface PerfRingUsage extends RingUsage {
  readonly cpu: number;
}

/** Somebody who reads: a loop, which can be ended, or a call of `consume`. */
type Reader = Pick<RecordStream<unknown>, "end"> | "consume";

/**
 * A perf event array: `BPF_MAP_TYPE_PERF_EVENT_ARRAY`, a ring of records for each CPU. Programs fill them with
 * `bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, …)`.
 *
 * One reader at a time. The rings are made when the first one begins, or by {@link PerfEventArray.open}; what programs
 * send before that is lost and not counted. From then on the kernel keeps records between loops, and counts those that
 * found no room.
 *
 * The kernel rounds lengths of records up, by up to 7 bytes of anything: a flexible array at the end of a record may have
 * elements that nobody sent. Let a member in front of it say how many there are.
 *
 * @example
 * for await (const event of skel.maps.events.records({ signal, pages: 128 })) console.log(event.pid, event.comm);
 */
export class PerfEventArray<T> extends BpfMap {
  /** How one record is read. */
  readonly record: Codec<T>;
  readonly #fd: Fd;
  #rings: PerfRings | undefined;
  #settings: PerfSettings | undefined;
  #reader: Reader | undefined;
  #lost = 0;

  constructor(handle: MapHandle, record: Codec<T>) {
    super(handle);
    this.record = record;
    this.#fd = handle.fd;
    handle.readers.add({
      close: () => {
        this.#close();
      },
    });
  }

  /**
   * How many records the kernel dropped because a ring was full, as far as it has said so: it does with the next record
   * that finds room again, and it is counted when a reader comes to that.
   */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Makes the rings, so that what programs send is kept from now on. Rings that are there already stay, unless a setting
   * is given that they don't have: then they are made anew, and what is in them is gone.
   *
   * Throws a `KernelError` when the kernel refuses, with EPERM when it is more memory than this user may lock
   * (kernel.perf_event_mlock_kb).
   */
  open(options: PerfOptions = {}): void {
    const settings = checkedPerfSettings(this.#fd.what, options, this.#settings);
    if (this.#reader !== undefined) throw alreadyRead(this.name);
    this.#open(settings);
  }

  /**
   * The records as they come, for `for await`: those of one CPU after those of another, or with `order: "time"` in the
   * order in which they were sent. The process stays alive for as long as a loop waits.
   *
   * The loop ends without an error when the signal is aborted and when the skeleton is closed. `break` and exceptions
   * end the loop and not the rings: the next loop goes on with the next record. Throws a `CoreGenError` with code
   * `bad-input` when another loop is reading, with `closed` when the skeleton was closed before the loop began.
   */
  records(options: PerfRecordOptions = {}): AsyncIterableIterator<T> {
    return this.#stream(options, (record) => record);
  }

  /**
   * Like {@link PerfEventArray.records}, each record with the CPU that it is from, and its time when the order is that.
   *
   * @example
   * for await (const { cpu, time, record } of skel.maps.events.samples({ order: "time" })) console.log(cpu, time, record);
   */
  samples(options: PerfRecordOptions = {}): AsyncIterableIterator<PerfSample<T>> {
    return this.#stream(options, (record, cpu, time) => ({ record, cpu, time }));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.records();
  }

  /**
   * Calls back for each record that is there now, without waiting, and returns how many there were. With `order: "time"`
   * these are in order, and one that is sent meanwhile may be earlier than the last of them.
   */
  consume(callback: (record: T, cpu: number) => void, options: Omit<PerfRecordOptions, "signal"> = {}): number {
    refuseRingOptions(this.name, options);
    const records = this.#begin("consume", options, (record, cpu) => ({ record, cpu }));
    let count = 0;
    try {
      records.refreshToTheLast();
      while (records.next()) {
        const { record, cpu } = records.take();
        count++;
        callback(record, cpu);
      }
    } finally {
      this.#reader = undefined;
    }
    return count;
  }

  /** How full the ring of each CPU is; empty before there are rings. */
  usage(): PerfRingUsage[] {
    // The descriptor's number says that the map is not closed.
    if (this.#fd.number < 0 || this.#rings === undefined) return [];
    return this.#rings.all.map(({ cpu, size, cursor }) => {
      const { written, read } = cursor.totals;
      return { cpu, ...ringUsage(size, written, read) };
    });
  }

  #stream<R>(
    options: PerfRecordOptions,
    wrap: (record: T, cpu: number, time: bigint | undefined) => R,
  ): RecordStream<R> {
    const signal = checkedSignal(options);
    refuseRingOptions(this.name, options);
    checkedPerfSettings(this.#fd.what, options, this.#settings);
    let records: PerfRecords<T, R> | undefined;
    const host: RecordHost<R> = {
      begin: (stream) => (records = this.#begin(stream, options, wrap)),
      end: () => {
        this.#reader = undefined;
      },
      waiter: (onReadable) => {
        const events = this.#rings?.all.map(({ event }) => event) ?? [];
        return new PerfWaiter(events, () => records?.holdsBack === true, onReadable);
      },
    };
    return new RecordStream(host, signal);
  }

  #begin<R>(
    reader: Reader,
    options: PerfRecordOptions,
    wrap: (record: T, cpu: number, time: bigint | undefined) => R,
  ): PerfRecords<T, R> {
    if (this.#reader !== undefined) throw alreadyRead(this.name);
    const settings = checkedPerfSettings(this.#fd.what, options, this.#settings);
    const rings = this.#open(settings);
    this.#reader = reader;
    const inTime = settings.order === "time";
    return new PerfRecords({
      what: this.#fd.what,
      rings: rings.all,
      codec: this.record,
      wrap: inTime ? wrap : (record, cpu) => wrap(record, cpu, undefined),
      inTime,
      onLost: (cpu, count) => {
        this.#lost += count;
        options.onLost?.(cpu, count);
      },
      goesOn: () => this.#reader === reader && this.#rings === rings,
    });
  }

  #open(settings: PerfSettings): PerfRings {
    // First of all, and also when nothing is to be done: a closed map has no number.
    const places = this.#fd.number < 0 ? 0 : this.maxEntries;
    if (this.#rings !== undefined && sameRings(settings, this.#rings.settings)) {
      this.#rings.openOnline();
    } else {
      this.#closeRings();
      this.#rings = new PerfRings(this.#fd, places, settings);
    }
    this.#settings = settings;
    return this.#rings;
  }

  /** Ends the reader before the memory goes that it reads. */
  #close(): void {
    if (typeof this.#reader === "object") this.#reader.end();
    this.#closeRings();
  }

  #closeRings(): void {
    const rings = this.#rings;
    this.#rings = undefined;
    rings?.close();
  }
}

/** A ring buffer that was loaded as this has its type, with options that would otherwise do nothing without a word. */
function refuseRingOptions(name: string, options: object): void {
  const asked = new Map<string, unknown>(Object.entries(options));
  const found = ["filter", "batch", "raw", "lazy"].find((option) => (asked.get(option) ?? false) !== false);
  if (found === undefined) return;
  throw new CoreGenError("unsupported", `reading map "${name}": a perf event array has no option "${found}"`, {
    hints: ["Do it in the loop: ring buffers alone have it."],
  });
}
