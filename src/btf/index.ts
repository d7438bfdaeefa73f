/**
 * BTF, the type format of the kernel and of BPF objects, and nothing else: no ELF, no relocation, no kernel.
 * Bytes in, types out, the same on every machine and in a browser.
 * Format: https://docs.kernel.org/bpf/btf.html
 */
export { Btf, type ParseOptions } from "./btf.ts";
export { diffBtf, type DiffOptions, type EnumeratorChange, type FieldChange, type TypeChange } from "./diff/diff.ts";
export type { ComparedKind, EnumeratorFacts, FieldFacts } from "./diff/facts.ts";
export { dumpC, type DumpCOptions } from "./dump-c/dump-c.ts";
export { dumpJson } from "./dump-json.ts";
export { dumpRaw } from "./dump-raw.ts";
export { encodeBtf } from "./encode.ts";
export { findNamed } from "./find-named.ts";
export { looksLikeBtf } from "./header.ts";
export { relocateSplit } from "./relocate-split.ts";
export { searchTypes, type FoundType } from "./search.ts";
export { showType } from "./show/show-type.ts";
export { isModifier, sizeOf, skipModifiers, type TypeWithId } from "./resolve.ts";
export {
  parseBtfExt,
  type BtfExt,
  type CoreRelocationRecord,
  type FuncInfo,
  type LineInfo,
  type SectionRecords,
} from "./ext.ts";
export type * from "./types.ts";
export { kinds } from "./types.ts";
export { CoreGenError, isCoreGenError, type ErrorCode, type ErrorDetails } from "../errors.ts";
