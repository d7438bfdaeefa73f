/**
 * core-gen as a library: generate the typed module of a compiled BPF object.
 * What generated modules and apps import is `core-gen/runtime`.
 */
export {
  generateForTargets,
  generateSkeleton,
  type CarriedBtf,
  type GenerateOptions,
  type GeneratedSkeleton,
  type ModuleOptions,
  type TargetObject,
} from "./generator/index.ts";
export { CoreGenError, isCoreGenError, type ErrorCode, type ErrorDetails } from "./errors.ts";
export type { NamedRecords, TaggedRecords } from "./object/record-info.ts";
