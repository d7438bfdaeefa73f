/**
 * BTF, the type format of the kernel and of BPF objects, and nothing else: no ELF, no relocation, no kernel.
 * Bytes in, types out, the same on every machine and in a browser.
 * Format: https://docs.kernel.org/bpf/btf.html
 */
export { Btf, type ParseOptions } from "./btf.ts";
export { dumpC, type DumpCOptions } from "./dump-c/dump-c.ts";
export { encodeBtf } from "./encode.ts";
export { looksLikeBtf } from "./header.ts";
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
