import type { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";
import { mapDelete, mapUpdate } from "../sys/map-ops.ts";
import { mapMemory, type Mapping } from "../sys/mmap.ts";
import {
  CLOCK_MONOTONIC,
  openPerfEvent,
  PERF_COUNT_SW_BPF_OUTPUT,
  PERF_SAMPLE_RAW,
  PERF_SAMPLE_TIME,
  PERF_TYPE_SOFTWARE,
} from "../sys/perf.ts";
import { PerfCursor } from "./perf-cursor.ts";

/** How the rings of a perf event array are made. */
export interface PerfRingSettings {
  readonly pages: number;
  readonly wakeupEvents: number;
  /** In bytes; 0 for `wakeupEvents`. */
  readonly wakeupWatermark: number;
  /** Whether samples have the time when they were taken. */
  readonly timed: boolean;
}

/** The perf event of one CPU, its ring, and its place in the map, where programs on that CPU find it. */
export class PerfRing {
  readonly cpu: number;
  readonly event: Fd;
  readonly cursor: PerfCursor;
  /** In bytes. */
  readonly size: number;
  readonly #map: Fd;
  readonly #mapping: Mapping;

  /** Programs on the CPU can send from now on. Throws a `KernelError` when the kernel refuses; nothing is left then. */
  static open(map: Fd, cpu: number, settings: PerfRingSettings): PerfRing {
    const event = openEvent(map, cpu, settings);
    try {
      return new PerfRing(map, cpu, event, settings);
    } catch (error) {
      event.close();
      throw error;
    }
  }

  private constructor(map: Fd, cpu: number, event: Fd, { pages, timed }: PerfRingSettings) {
    const page = libc().pageSize;
    this.cpu = cpu;
    this.event = event;
    this.#map = map;
    this.size = pages * page;
    const what = `the ring of CPU ${cpu} of ${map.what}`;
    this.#mapping = mapMemory(event, { length: page + this.size, offset: 0, writable: true, what });
    try {
      const { bytes } = this.#mapping;
      const [control, data] = [bytes.subarray(0, page), bytes.subarray(page)];
      this.cursor = new PerfCursor({ what: map.what, control, data, timed });
      mapUpdate(map, u32Bytes(cpu), u32Bytes(event.number));
    } catch (error) {
      this.#mapping.close();
      throw error;
    }
  }

  /** The map would keep the event, and the event its ring: it is taken out first (libbpf: `perf_buffer__free`). */
  close(): void {
    if (this.event.closed) return;
    try {
      mapDelete(this.#map, u32Bytes(this.cpu));
    } catch {
      // Frozen since: then it goes with the map.
    }
    this.#mapping.close();
    this.event.close();
  }
}

function openEvent(map: Fd, cpu: number, { wakeupEvents, wakeupWatermark, timed }: PerfRingSettings): Fd {
  const event = {
    type: PERF_TYPE_SOFTWARE,
    config: PERF_COUNT_SW_BPF_OUTPUT,
    sampleType: timed ? PERF_SAMPLE_RAW | PERF_SAMPLE_TIME : PERF_SAMPLE_RAW,
    samplePeriod: 1,
    ...(wakeupWatermark > 0 ? { wakeupWatermark } : { wakeupEvents }),
    ...(timed ? { clock: CLOCK_MONOTONIC } : {}),
  };
  return openPerfEvent(event, -1, cpu, `the perf event of CPU ${cpu} for ${map.what}`);
}

function u32Bytes(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
