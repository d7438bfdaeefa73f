import { isCoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { kernelBtf } from "./btf.ts";
import { functionSymbols, symbolsIfReadable, textIfReadable } from "./function-symbols.ts";
import { withTracefs } from "./tracefs.ts";

/** Why a function of the kernel can't be probed or traced, and what would do. */
export interface NotTraceable {
  /** The end of a sentence about the function: "this kernel has no function of that name". */
  readonly reason: string | undefined;
  readonly hints: readonly string[];
}

/**
 * Asks the kernel's symbols, its types and ftrace about a function that it refused. No reason is given where these
 * can't be read, or say that the function could be traced.
 */
export function whyNotTraceable(name: string): NotTraceable {
  const symbols = symbolsIfReadable();
  const kinds = kindsOf(symbols, name);
  if (kinds.length === 0) return isHidden(symbols) ? { reason: undefined, hints: [] } : absent(symbols, name);
  if (!kinds.some(isCode)) return { reason: "it is a variable of the kernel, not a function", hints: [] };
  if (kinds.length > 1) return several(name, kinds.length);
  if (isBlacklisted(name)) {
    return {
      reason: "kprobes themselves run through it, so the kernel has closed it for probes",
      hints: ["/sys/kernel/debug/kprobes/blacklist lists such functions. A caller of it can be probed."],
    };
  }
  if (ftraceKnows(name) === false) {
    return {
      reason: "the kernel has no place for tracing in it: it is notrace, noinstr or written in assembler",
      hints: ["/sys/kernel/tracing/available_filter_functions lists those that can be traced."],
    };
  }
  return { reason: undefined, hints: [] };
}

/** The letters that /proc/kallsyms has for a name, one for each symbol. */
function kindsOf(symbols: string, name: string): string[] {
  const pattern = new RegExp(`^[0-9a-f]+ (\\w) ${escape(name)}(?:\\t.*)?$`, "gmu");
  return Array.from(symbols.matchAll(pattern), ([, kind = ""]) => kind);
}

/** A name in a pattern. Apps ask for names that no function has, "do_exit(", too. */
function escape(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
}

function isCode(kind: string): boolean {
  return /^[tTwW]$/u.test(kind);
}

function isHidden(symbols: string): boolean {
  return !symbols.includes(" T ");
}

function absent(symbols: string, name: string): NotTraceable {
  const renamed = variantsOf(symbols, name);
  if (renamed.length > 0) {
    return {
      reason: "the compiler has made another function of it",
      hints: [`This kernel has: ${renamed.join(", ")}. Its arguments may differ from those of ${name}.`],
    };
  }
  if (typesKnow(name)) {
    return {
      reason: "the compiler has put it into its callers (inlined it), so it has no place of its own",
      hints: ["Trace one of its callers, or a function that it calls."],
    };
  }
  const near = nearNames(name, functionSymbols(symbols));
  return {
    reason: "this kernel has no function of that name",
    hints: [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      ...(name.includes("sys_") ? ['System calls by name, on every kernel: SEC("ksyscall/execve").'] : []),
      "The compiler may have put it into its callers: then it has no place of its own.",
    ],
  };
}

/** `name.isra.0`, `name.constprop.0`, `name.part.0`; not `name.cold`, which is a part that hardly ever runs. */
function variantsOf(symbols: string, name: string): string[] {
  const pattern = new RegExp(`^[0-9a-f]+ [tT] (${escape(name)}\\.(?!cold)\\S+)`, "gmu");
  return [...new Set(Array.from(symbols.matchAll(pattern), ([, variant = ""]) => variant))];
}

function typesKnow(name: string): boolean {
  try {
    return kernelBtf().find(name, "func") !== undefined;
  } catch (error) {
    if (isCoreGenError(error)) return false;
    throw error;
  }
}

function several(name: string, count: number): NotTraceable {
  return {
    reason: `this kernel has ${count} functions of that name, so it does not say which one`,
    hints: [
      `Say which module's, "MODULE:${name}", if they are of different ones; attachKprobeMulti({ pattern: "${name}" }) takes all of them.`,
    ],
  };
}

/** Of kprobes; only where debugfs is mounted. */
function isBlacklisted(name: string): boolean {
  return new RegExp(`\\t${escape(name)}$`, "mu").test(textIfReadable("/sys/kernel/debug/kprobes/blacklist"));
}

/** Undefined where ftrace can't be asked. */
function ftraceKnows(name: string): boolean | undefined {
  const functions = traceableFunctions();
  return functions === "" ? undefined : new RegExp(`^${escape(name)}( |$)`, "mu").test(functions);
}

function traceableFunctions(): string {
  try {
    return withTracefs((root) => textIfReadable(`${root}/available_filter_functions`));
  } catch (error) {
    if (isCoreGenError(error)) return "";
    throw error;
  }
}
