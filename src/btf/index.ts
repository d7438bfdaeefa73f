/**
 * BTF, the type format of the kernel and of BPF objects, and nothing else: no ELF, no relocation, no kernel.
 * Bytes in, types out, the same on every machine and in a browser.
 * Format: https://docs.kernel.org/bpf/btf.html
 */
export { Btf, type ParseOptions } from "./btf.ts";
export { alignOf } from "./align.ts";
export { BtfBuilder, type BuilderOptions, type IntOptions, type NewMember } from "./builder.ts";
export { deduplicate, type Deduplicated } from "./dedup/dedup.ts";
export { encodeBtf, encodeLike, type EncodeOptions } from "./encode.ts";
export { looksLikeBtf } from "./header.ts";
export { ownTypes, typeOrOpaque, type OpaqueType } from "./opaque.ts";
export { mapReferences, reachableFrom, referencesOf } from "./references.ts";
export { diffBtf, type DiffOptions, type EnumeratorChange, type FieldChange, type TypeChange } from "./diff/diff.ts";
export type { ComparedKind, EnumeratorFacts, FieldFacts } from "./diff/facts.ts";
export { dumpC, type DumpCOptions } from "./dump-c/dump-c.ts";
export { dumpJson } from "./dump-json.ts";
export { dumpRaw } from "./dump-raw.ts";
export { findNamed } from "./find-named.ts";
export { relocateSplit } from "./relocate-split.ts";
export { searchTypes, type FoundType } from "./search.ts";
export { showType } from "./show/show-type.ts";
export { isModifier, sizeOf, skipModifiers, type TypeWithId } from "./resolve.ts";
export { swapByteOrder } from "./swap.ts";
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
