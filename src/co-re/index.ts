/**
 * CO-RE: adjusting the instructions of an object to the types of a kernel. Pure: two sets of types and instructions go
 * in, patched instructions and a report come out, on any machine. Not the loading of the result.
 * Rules: libbpf's relo_core.c; format: https://docs.kernel.org/bpf/btf.html#btf-ext-section
 */
export {
  relocate,
  type RelocateOptions,
  type Relocated,
  type RelocationEntry,
  type RelocationFailure,
} from "./relocate.ts";
export { explainAbsence } from "./absence.ts";
export { minimizeBtf } from "./min-btf.ts";
export { relocationKinds, type RelocationKind } from "./kinds.ts";
export { type SourceLine } from "./source-line.ts";
export type { Candidate, RelocationTargets } from "./candidates.ts";
export type { Accessor, Spec } from "./spec.ts";
