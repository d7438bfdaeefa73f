import { CoreGenError } from "../../errors.ts";
import type { Btf } from "../btf.ts";
import { CText } from "./c-text.ts";
import { Emitter } from "./emitter.ts";
import { writeKfuncs } from "./kfuncs.ts";
import { Limits } from "./limits.ts";
import { sortedIds } from "./sorted-ids.ts";
import { TypeWords } from "./type-words.ts";

/** What {@link dumpC} writes. */
export interface DumpCOptions {
  /** By name, as bpftool does; false for the order of the ids. Default: true. */
  readonly sorted?: boolean;
  /** Only the types with these ids, in this order, and what they need. Default: all types, and the kernel's kfuncs. */
  readonly roots?: readonly number[];
}

const before = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`;

const behind = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/**
 * Types as a C header: the `vmlinux.h` that BPF programs include, byte for byte what
 * `bpftool btf dump file … format c` of version 7.8 prints (libbpf: `btf_dump.c`).
 *
 * Of split BTF the base's types are written, too. Names that are not UTF-8 have U+FFFD in them.
 *
 * Throws a `CoreGenError` with code `bad-btf` when the types are damaged or can't be said in C, and `bad-input` when a
 * root is not there.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf, dumpC } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * const header = dumpC(btf);
 * console.log(header.includes("struct task_struct {")); // true
 */
export function dumpC(btf: Btf, options?: DumpCOptions): string {
  return new TextDecoder().decode(dumpCBytes(btf, options));
}

/** As {@link dumpC}, but bytes, as files have them: names are in them as they are. */
export function dumpCBytes(btf: Btf, { sorted = true, roots }: DumpCOptions = {}): Uint8Array {
  for (const id of roots ?? []) checkRoot(btf, id);
  const types = new TypeWords(btf);
  const limits = new Limits(btf.what, types.size);
  const out = new CText(types.strings, types.size, limits);
  const emitter = new Emitter(out, types, limits);
  out.text(before);
  if (roots !== undefined) {
    for (const id of roots) emitter.write(id);
  } else {
    if (sorted) for (const id of sortedIds(types, limits)) emitter.write(id);
    else for (let id = 1; id < types.typeCount; id++) emitter.write(id);
    writeKfuncs(out, types, emitter.declarations, limits);
  }
  out.text(behind);
  return out.finish();
}

function checkRoot(btf: Btf, id: number): void {
  if (Number.isInteger(id) && id >= 0 && id < btf.typeCount) return;
  throw new CoreGenError("bad-input", `${btf.what}: there is no type [${id}], the last one is [${btf.typeCount - 1}]`);
}
