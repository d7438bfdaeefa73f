/**
 * Buffers that programs fill with records, and reading them as async iterators. Not for what a record looks like: that
 * is a codec of the generated module.
 * Ring buffers: https://docs.kernel.org/bpf/ringbuf.html
 */
export { mergeRecords, type MergedRecord, type RecordBuffer, type RecordBuffers } from "./merge-records.ts";
export { PerfEventArray, type PerfRecordOptions, type PerfRingUsage, type PerfSample } from "./perf-event-array.ts";
export type { PerfOptions } from "./perf-options.ts";
export type { ConsumeOptions, FilterOptions, ForEachOptions, ReadOptions, RecordOptions } from "./record-options.ts";
export { RingBuffer } from "./ring-buffer.ts";
export type { RingUsage } from "./ring-usage.ts";
export { UserRingBuffer, type Reservation, type SampleOptions, type WaitOptions } from "./user-ring-buffer.ts";
