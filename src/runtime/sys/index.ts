/**
 * System calls: bpf(), perf_event_open(), mmap() and waiting for descriptors. The only folder that knows koffi, which is
 * loaded at the first call and not at import. Not for anything that knows what a map or a program means.
 * The kernel's side: https://docs.kernel.org/userspace-api/ebpf/syscall.html and perf_event_open(2)
 */
export { Attr, bpf, bpfOrThrow } from "./bpf.ts";
export { errnoMeaning, errnoName } from "./errno.ts";
export { Fd, openDescriptors, type OpenDescriptor } from "./fd.ts";
export { deleteBatch, readBatch, updateBatch } from "./map-batch.ts";
export { MapCall } from "./map-call.ts";
export { mapDelete, mapFreeze, mapLookup, mapLookupAndDelete, mapNextKey, mapUpdate } from "./map-ops.ts";
export { Mapping, mapMemory, type MappingOptions } from "./mmap.ts";
export { mountDetached } from "./mount.ts";
export { openPerfEvent, type PerfEventAttr } from "./perf.ts";
export { Poller } from "./poll.ts";
