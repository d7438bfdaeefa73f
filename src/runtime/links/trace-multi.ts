import { moduleOf } from "../../co-re/attach-target.ts";
import { traceableFunctions } from "../../co-re/traceable.ts";
import { CoreGenError } from "../../errors.ts";
import { kernelBtf } from "../kernel/btf.ts";
import { isGlob, matchesGlob } from "../kernel/glob.ts";
import { matchingFunctions } from "../kernel/kernel-functions.ts";
import { readModules } from "../kernel/module-btf.ts";
import { whyNotTraceable } from "../kernel/why-not-traceable.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { Link } from "./link.ts";
import { checkCount, checkOneOf, createMultiLink, multiAttr, type MultiKind } from "./multi-link.ts";

/** Functions of the kernel: by a pattern, or by names; one of the two. */
export type TraceMultiOptions =
  | {
      /**
       * `*` stands for any characters, `?` for one; "MODULE:PATTERN" for functions of a module, which is the one that the
       * section names.
       */
      readonly pattern: string;
      readonly functions?: undefined;
      readonly cookies?: undefined;
    }
  | {
      /** Names, each once. */
      readonly functions: readonly string[];
      /** What `bpf_get_attach_cookie` returns at each of them, in the same order. */
      readonly cookies?: readonly bigint[] | undefined;
      readonly pattern?: undefined;
    };

/**
 * Attaches a program to entry, return or both of many functions at once (libbpf: `bpf_program__attach_tracing_multi`).
 *
 * Throws a `CoreGenError`: `bad-input` when there is no such function, `unsupported` on kernels that have no such links.
 */
export function attachTraceMulti(loaded: LoadedProgram, options: TraceMultiOptions): Link {
  const { program } = loaded;
  const doing = `attaching program "${program.name}"`;
  const { pattern, functions } = options;
  checkOneOf({ pattern, functions }, doing);
  const ids = pattern === undefined ? idsOf(loaded, functions, doing) : matchingIds(loaded, pattern, doing);
  checkCount(options.cookies, ids.length, "cookies", doing);
  const what = `program "${program.name}" at kernel functions ${pattern ?? functions.join(", ")}`;
  // union bpf_attr: link_create.tracing_multi { ids, cookies, cnt } at 16.
  const attr = multiAttr(loaded, 40)
    .u32s(16, ids)
    .u64s(24, options.cookies ?? [])
    .u32(32, ids.length);
  return createMultiLink(attr, what, kind, (error) => error);
}

const kind: MultiKind = { name: "fentry.multi", since: [7, 2], option: "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS" };

/** Types of the kernel, or of the module that the program was loaded for. */
function typesFor({ program }: LoadedProgram, pattern: string, doing: string): ReturnType<typeof kernelBtf> {
  const kernel = kernelBtf();
  const loadedFor = moduleOf(program.def?.extra ?? "");
  const wanted = moduleOf(pattern) ?? loadedFor;
  if (wanted !== loadedFor) {
    throw new CoreGenError("bad-input", `${doing}: it was not loaded for the module ${wanted ?? ""}`, {
      hints: [`Name the module in the section: SEC("${program.def?.prefix ?? "fentry.multi"}/${wanted ?? ""}:*").`],
    });
  }
  if (wanted === undefined) return kernel;
  const module = readModules(kernel).find(({ name }) => name === wanted);
  if (module !== undefined) return module.types;
  throw new CoreGenError("bad-input", `${doing}: the module ${wanted} is not loaded or has no types`, {
    hints: [`Load it first: modprobe ${wanted}.`],
  });
}

function matchingIds(loaded: LoadedProgram, pattern: string, doing: string): number[] {
  const types = typesFor(loaded, pattern, doing);
  const name = pattern.replace(/^[^:]*:/u, "");
  // The types have functions that ftrace does not: one of them, and the kernel refuses all.
  const known = isGlob(name) ? new Set(matchingFunctions(name).map((one) => one.name)) : undefined;
  const ids = traceableFunctions(types, (one) => matchesGlob(one, name) && known?.has(one) !== false);
  if (ids.length > 0) return ids;
  throw new CoreGenError("bad-input", `${doing}: no function that can be traced matches "${pattern}"`, {
    hints: isGlob(name) ? [] : [...whyNotTraceable(name).hints],
  });
}

function idsOf(loaded: LoadedProgram, functions: readonly string[], doing: string): number[] {
  const types = typesFor(loaded, "", doing);
  if (functions.length === 0) throw new CoreGenError("bad-input", `${doing}: there is no function in the list`);
  return functions.map((name) => {
    const [id] = traceableFunctions(types, (one) => one === name);
    if (id !== undefined) return id;
    const { reason = "its arguments or its result can't be traced", hints } = whyNotTraceable(name);
    throw new CoreGenError("bad-input", `${doing}: of ${name}, ${reason}`, { hints });
  });
}
