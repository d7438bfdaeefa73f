/**
 * From an object to the kernel: types, maps, relocated programs, with an explanation when the verifier says no.
 * Not for attaching (../links) or for reading what programs write (../maps, ../records).
 * The kernel's side: https://docs.kernel.org/userspace-api/ebpf/syscall.html
 */
export { loadObject, type LoadedMap, type LoadedObject, type LoadedProgram, type LoadSettings } from "./load.ts";
export type { LogLine } from "./annotate-log.ts";
export type { LogEvent, OnLog } from "./log-events.ts";
export type { LogFacts } from "./log-facts.ts";
export type { LogLevel } from "./log-messages.ts";
export type { VerifierStatistics } from "./verifier-statistics.ts";
