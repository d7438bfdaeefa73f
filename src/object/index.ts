/**
 * One compiled `.bpf.o`: what is in the file, the same on every machine. Not what a kernel makes of it.
 * ELF: System V ABI. BPF instructions and relocations: https://docs.kernel.org/bpf/
 */
export { openObject, type OpenObjectOptions } from "./open.ts";
export { linkProgram, type LinkedPart, type LinkedProgram } from "./link.ts";
export { encodeInsns, type Insn } from "./insn/insn.ts";
export {
  attachTypes,
  mapTypes,
  programTypes,
  type AttachTypeName,
  type MapTypeName,
  type ProgramTypeName,
} from "./bpf-enums.ts";
export { programKind, type ProgramKind } from "./program-kinds.ts";
export { findSectionDef, type SectionDef } from "./sections.ts";
export { findRecords, type FindRecordsOptions } from "./records.ts";
export type * from "./model.ts";
export type * from "./record-info.ts";
