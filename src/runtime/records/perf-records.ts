import type { Codec } from "../codec.ts";
import type { PerfRing } from "./perf-ring.ts";
import type { RecordSource } from "./record-stream.ts";
import { tooShort } from "./ring-records.ts";

/** How {@link PerfRecords} reads. */
export interface PerfReading<T, R> {
  /** Named in errors. */
  readonly what: string;
  readonly rings: readonly PerfRing[];
  readonly codec: Codec<T>;
  /** What is made of a record; its time is known when `inTime` is set. */
  readonly wrap: (record: T, cpu: number, time: bigint) => R;
  /** Whether all rings are merged by the time of their samples. */
  readonly inTime: boolean;
  /** Called for records that are gone. It may end the reading. */
  readonly onLost: (cpu: number, count: number) => void;
  /** Whether the reading has not ended. */
  readonly goesOn: () => boolean;
}

/** A sample becomes this old before it is handed out: until then one with an earlier time may come from another CPU. */
const heldBackFor = 1_000_000n;
const always = 2n ** 64n;

/** The records of all rings of a perf event array, one ring after the other, or in the order of their times. */
export class PerfRecords<T, R> implements RecordSource<R> {
  readonly #reading: PerfReading<T, R>;
  readonly #rings: readonly PerfRing[];
  /** Index of the ring that is read. */
  #at = 0;
  /** Samples that are younger are held back. */
  #until = 0n;
  #holdsBack = false;

  constructor(reading: PerfReading<T, R>) {
    this.#reading = reading;
    this.#rings = reading.rings;
  }

  /** Whether there are samples that are too young to be handed out yet. */
  get holdsBack(): boolean {
    return this.#holdsBack;
  }

  refresh(): void {
    // The clock first: what is older than it by then has been written when the rings are looked at.
    this.#look(this.#reading.inTime ? process.hrtime.bigint() - heldBackFor : 0n);
  }

  /** Like {@link PerfRecords.refresh}, and holds nothing back. */
  refreshToTheLast(): void {
    this.#look(always);
  }

  next(): boolean {
    return this.#reading.inTime ? this.#nextInTime() : this.#nextOnCpu();
  }

  /**
   * The record that `next` found, which is then gone from the ring, whether it could be read or not.
   *
   * It is up to 7 bytes longer than what was sent, and nobody knows what is in these: the kernel has rounded its length
   * up. Throws a `CoreGenError` with code `bad-value` when it is shorter than its type.
   */
  take(): R {
    const ring = this.#rings[this.#at];
    if (ring === undefined) throw new Error("next() comes before take()");
    const { cursor, cpu } = ring;
    const { codec, what, wrap } = this.#reading;
    const { memory, at, length, time } = cursor;
    try {
      if (length < codec.size) throw tooShort(what, length, codec.size);
      memory.end = at + length;
      return wrap(codec.read(memory, at), cpu, time);
    } finally {
      cursor.release();
    }
  }

  #look(until: bigint): void {
    this.#at = 0;
    this.#until = until;
    for (const { cursor } of this.#rings) cursor.refresh();
  }

  #nextOnCpu(): boolean {
    for (; this.#at < this.#rings.length; this.#at++) {
      const ring = this.#rings[this.#at];
      if (ring !== undefined && this.#findSample(ring)) return true;
      if (!this.#reading.goesOn()) return false;
    }
    return false;
  }

  #nextInTime(): boolean {
    let first: bigint | undefined;
    for (const [index, ring] of this.#rings.entries()) {
      if (!this.#findSample(ring)) continue;
      if (first !== undefined && ring.cursor.time >= first) continue;
      first = ring.cursor.time;
      this.#at = index;
    }
    this.#holdsBack = first !== undefined && first > this.#until;
    return first !== undefined && !this.#holdsBack && this.#reading.goesOn();
  }

  /** Goes to the next sample of one ring. */
  #findSample({ cursor, cpu }: PerfRing): boolean {
    for (;;) {
      // Whoever was told of lost records may have closed the rings.
      if (!this.#reading.goesOn()) return false;
      const found = cursor.next();
      if (found !== "lost") return found === "sample";
      const { lost } = cursor;
      cursor.release();
      this.#reading.onLost(cpu, lost);
    }
  }
}
