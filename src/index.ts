/**
 * core-gen as a library: generate the typed module of a compiled BPF object.
 * What generated modules and apps import is `core-gen/runtime`.
 */
export { generateSkeleton, type CarriedBtf, type GenerateOptions, type GeneratedSkeleton } from "./generator/index.ts";
export { CoreGenError, isCoreGenError, type ErrorCode, type ErrorDetails } from "./errors.ts";
export type { NamedRecords, TaggedRecords } from "./object/record-info.ts";
