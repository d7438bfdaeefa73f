/**
 * From a compiled object to the TypeScript module that describes it: object → model → template → text. It writes text
 * and nothing else: no file, no kernel. The module's contract is `SkeletonSpec` in `src/runtime/spec.ts`.
 */
export {
  generateForTargets,
  generateSkeleton,
  type CarriedBtf,
  type GenerateOptions,
  type GeneratedSkeleton,
  type ModuleOptions,
  type TargetObject,
} from "./generate.ts";
