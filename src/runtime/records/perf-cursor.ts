import { CoreGenError } from "../../errors.ts";
import { Memory } from "../memory.ts";
import { RingPosition } from "./ring-position.ts";

/** The parts of one perf event's ring that the kernel maps into a process (linux/perf_event.h). */
export interface PerfMemory {
  /** Named in errors: `map "events"`. */
  readonly what: string;
  /** `struct perf_event_mmap_page`, writable. */
  readonly control: Uint8Array;
  /** The records; one may begin at the end and go on at the start. */
  readonly data: Uint8Array;
  /** Whether samples begin with the time when they were taken (PERF_SAMPLE_TIME). */
  readonly timed: boolean;
}

/** What {@link PerfCursor.next} comes to. */
export type PerfRecordKind = "sample" | "lost" | "none";

/** In `struct perf_event_mmap_page`. */
const dataHead = 1024;
const dataTail = 1032;
const PERF_RECORD_LOST = 2;
const PERF_RECORD_SAMPLE = 9;
/** `struct perf_event_header`: u32 type, u16 misc, u16 size. */
const headerSize = 8;
/** The size is 16 bits. */
const largestRecord = 0x1_0000;

/**
 * Where the reader of one perf event's ring is, by the rules of kernel/events/ring_buffer.c.
 *
 * What it comes to stays where it is until {@link PerfCursor.release}.
 */
export class PerfCursor {
  /** What holds the sample that was found: the ring itself, or a copy of a sample that goes around its end. */
  memory: Memory;
  /** Where the sample's bytes begin in `memory`. */
  at = 0;
  /** The sample's length in bytes, which the kernel has rounded up: 4 bytes more are a multiple of 8. */
  length = 0;
  /** When the sample was taken, in nanoseconds. */
  time = 0n;
  /** How many samples are gone, after "lost". */
  lost = 0;
  readonly #what: string;
  readonly #timed: boolean;
  readonly #head: RingPosition;
  readonly #tail: RingPosition;
  readonly #ring: Memory;
  #pieced: Memory | undefined;
  /** Low halves of the reader's position, and of the kernel's when it was last looked at. */
  #low: number;
  #end: number;
  #size = 0;
  #found: PerfRecordKind = "none";

  constructor({ what, control, data, timed }: PerfMemory) {
    this.#what = what;
    this.#timed = timed;
    this.#head = new RingPosition(control, dataHead);
    this.#tail = new RingPosition(control, dataTail);
    this.#ring = new Memory(data);
    this.memory = this.#ring;
    this.#low = this.#tail.resume();
    this.#end = this.#low;
  }

  /** How many bytes were ever written, and read. */
  get totals(): { readonly written: bigint; readonly read: bigint } {
    // In this order: what is read was written before.
    const read = this.#tail.total;
    return { written: this.#head.total, read };
  }

  /** Looks how far the kernel is by now. {@link PerfCursor.next} goes no further than this. */
  refresh(): void {
    this.#end = this.#head.load();
  }

  /** Comes to the next sample, or to the word that some were lost here; again the same one until it is released. */
  next(): PerfRecordKind {
    while (this.#found === "none") {
      const available = (this.#end - this.#low) | 0;
      if (available <= 0) return "none";
      // Records are multiples of 8 bytes, so that a header is always in one piece.
      const offset = this.#low & (this.#ring.bytes.length - 1);
      this.#size = this.#ring.u16(offset + 6);
      if (this.#size < headerSize || this.#size > available) throw this.#corrupt(`of ${this.#size} bytes`);
      this.#find(this.#ring.u32(offset), offset);
    }
    return this.#found;
  }

  /** Gives the record's room back to the kernel. */
  release(): void {
    this.#found = "none";
    this.#low = this.#tail.advance(this.#low, this.#size);
  }

  #find(type: number, offset: number): void {
    switch (type) {
      case PERF_RECORD_SAMPLE:
        this.#sample(offset);
        this.#found = "sample";
        break;
      case PERF_RECORD_LOST:
        this.#piece(offset);
        this.lost = Number(this.memory.u64(this.at + 16));
        this.#found = "lost";
        break;
      default:
        // Nothing else was asked for.
        this.release();
    }
  }

  /** With PERF_SAMPLE_TIME a u64, then of PERF_SAMPLE_RAW a u32 with the size of what follows. */
  #sample(offset: number): void {
    this.#piece(offset);
    const end = this.at + this.#size;
    this.at += headerSize;
    if (this.#timed) {
      this.time = this.memory.u64(this.at);
      this.at += 8;
    }
    this.length = this.memory.u32(this.at);
    this.at += 4;
    if (this.at + this.length > end) throw this.#corrupt(`with a sample of ${this.length} bytes`);
  }

  /** The record in one piece. */
  #piece(offset: number): void {
    const { bytes } = this.#ring;
    const end = offset + this.#size;
    if (end <= bytes.length) {
      this.memory = this.#ring;
      this.at = offset;
      return;
    }
    const pieced = (this.#pieced ??= new Memory(new Uint8Array(Math.min(largestRecord, bytes.length))));
    pieced.bytes.set(bytes.subarray(offset));
    pieced.bytes.set(bytes.subarray(0, end - bytes.length), bytes.length - offset);
    this.memory = pieced;
    this.at = 0;
  }

  #corrupt(how: string): CoreGenError {
    const { length } = this.#ring.bytes;
    return new CoreGenError("kernel", `${this.#what}: there is a record ${how} in its ring of ${length} bytes`);
  }
}
