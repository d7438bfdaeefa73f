import type { CText } from "./c-text.ts";
import type { Declarations } from "./declarations.ts";
import type { Limits } from "./limits.ts";
import { compareNames } from "./compare-names.ts";
import { kinds } from "../types.ts";
import type { TypeWords } from "./type-words.ts";

/** The kernel's functions that BPF programs may call, by their declaration tags (bpftool: `dump_btf_kfuncs`). */
export function writeKfuncs(out: CText, types: TypeWords, declarations: Declarations, limits: Limits): void {
  out.text("\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
  const fastcalls = new Set(functionsTagged(types, "bpf_fastcall"));
  const kfuncs = functionsTagged(types, "bpf_kfunc");
  kfuncs.sort((a, b) => compareNames(types.strings, types.nameOff(a), types.nameOff(b), limits));
  for (const id of kfuncs) {
    out.text("extern ");
    if (fastcalls.has(id)) out.text("__bpf_fastcall ");
    declarations.write(types.target(id), types.nameOff(id), 1, 0);
    out.text(" __weak __ksym;\n");
  }
  out.text("#endif\n\n");
}

function functionsTagged(types: TypeWords, tag: string): number[] {
  const { kindNumbers } = types;
  const functions = [];
  for (let id = kindNumbers.indexOf(DECL_TAG); id > 0; id = kindNumbers.indexOf(DECL_TAG, id + 1)) {
    const target = types.target(id);
    const isOnWhole = types.word(types.elements(id)) === 0xffff_ffff;
    if (isOnWhole && types.kind(target) === "func" && types.nameIs(types.nameOff(id), tag)) functions.push(target);
  }
  return functions;
}

const DECL_TAG = kinds.indexOf("decl_tag");
