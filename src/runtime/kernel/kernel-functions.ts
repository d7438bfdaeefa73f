import { existsSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { symbolsIfReadable, textIfReadable } from "./function-symbols.ts";
import { matchesGlob } from "./glob.ts";
import { withTracefs } from "./tracefs.ts";

/** A function of the kernel that can be traced. */
export interface TraceableFunction {
  readonly name: string;
  readonly address: bigint;
}

/**
 * The functions whose names match a pattern of `*` and `?` among those that ftrace can trace, with their addresses (libbpf:
 * `libbpf_available_kprobes_parse`, and for kernels before 6.5 `libbpf_available_kallsyms_parse`). Throws a `CoreGenError`
 * with code `unsupported` where the kernel can't trace functions.
 */
export function matchingFunctions(pattern: string): TraceableFunction[] {
  return withTracefs((root) => {
    const withAddresses = `${root}/available_filter_functions_addrs`;
    if (existsSync(withAddresses)) return readAddresses(textIfReadable(withAddresses), pattern);
    const onlyNames = `${root}/available_filter_functions`;
    if (!existsSync(onlyNames)) throw noFtrace(pattern);
    const names = readNames(textIfReadable(onlyNames), pattern);
    return names.size === 0 ? [] : readSymbols(names, pattern);
  });
}

function noFtrace(pattern: string): CoreGenError {
  return new CoreGenError("unsupported", `looking for functions like ${pattern}: this kernel can't trace functions`, {
    hints: ["It needs CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE."],
  });
}

/** "ffffffff81000000 do_exit", and behind a blank "[MODULE]". */
function readAddresses(text: string, pattern: string): TraceableFunction[] {
  const functions: TraceableFunction[] = [];
  for (const [, address = "", name = ""] of text.matchAll(/^([0-9a-f]+) (\S+)/gmu))
    if (matchesGlob(name, pattern)) functions.push({ name, address: BigInt(`0x${address}`) });
  return functions;
}

function readNames(text: string, pattern: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, name = ""] of text.matchAll(/^(\S+)/gmu)) if (matchesGlob(name, pattern)) names.add(name);
  return names;
}

/** Some kernels leave `.llvm.HASH` out of ftrace's names, and have it in the symbols (libbpf: `avail_kallsyms_cb`). */
function readSymbols(names: ReadonlySet<string>, pattern: string): TraceableFunction[] {
  const functions: TraceableFunction[] = [];
  for (const [, address = "", name = ""] of symbolsIfReadable().matchAll(/^([0-9a-f]+) \w (\S+)/gmu)) {
    if (!matchesGlob(name, pattern)) continue;
    if (names.has(name) || names.has(name.replace(/\.llvm\..*$/u, "")))
      functions.push({ name, address: BigInt(`0x${address}`) });
  }
  return functions;
}
