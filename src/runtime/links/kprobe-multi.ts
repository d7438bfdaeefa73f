import { CoreGenError } from "../../errors.ts";
import type { KernelError } from "../errors.ts";
import { isGlob } from "../kernel/glob.ts";
import { matchingFunctions } from "../kernel/kernel-functions.ts";
import { whyNotTraceable } from "../kernel/why-not-traceable.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { Attr } from "../sys/bpf.ts";
import { EINVAL, ENOENT, ESRCH } from "../sys/errno.ts";
import type { Link } from "./link.ts";
import { checkCount, checkOneOf, createMultiLink, multiAttr, readMoment, type MultiKind } from "./multi-link.ts";

/** Functions of the kernel: by a pattern, by names or by addresses, one of these. */
export type KprobeMultiOptions = KprobeMultiCommon & KprobeMultiPlaces;

/** What goes for all of the functions. */
export interface KprobeMultiCommon {
  /** At the functions' returns. Left out, as the section says: SEC("kretprobe.multi") is for returns. */
  readonly return?: boolean | undefined;
  /** At both, in one session for each call: SEC("kprobe.session"), Linux 6.10. Left out, as the section says. */
  readonly session?: boolean | undefined;
}

export type KprobeMultiPlaces =
  | {
      /** `*` stands for any characters, `?` for one: all functions of the kernel and its modules that match and can be traced. */
      readonly pattern: string;
      /** Refuse more than one function. */
      readonly uniqueMatch?: boolean | undefined;
      readonly functions?: undefined;
      readonly addresses?: undefined;
      readonly cookies?: undefined;
    }
  | {
      /** Names, each once; the kernel must have all of them. */
      readonly functions: readonly string[];
      /** What `bpf_get_attach_cookie` returns at each of them, in the same order. */
      readonly cookies?: readonly bigint[] | undefined;
      readonly pattern?: undefined;
      readonly uniqueMatch?: undefined;
      readonly addresses?: undefined;
    }
  | {
      /** As in /proc/kallsyms. */
      readonly addresses: readonly bigint[];
      /** What `bpf_get_attach_cookie` returns at each of them, in the same order. */
      readonly cookies?: readonly bigint[] | undefined;
      readonly pattern?: undefined;
      readonly uniqueMatch?: undefined;
      readonly functions?: undefined;
    };

/**
 * Attaches a program to many functions of the kernel at once, with one link (libbpf:
 * `bpf_program__attach_kprobe_multi_opts`). Linux 5.18, sessions 6.10.
 *
 * Throws a `CoreGenError`: `bad-input` when no function matches, `unsupported` on kernels that have no such links.
 */
export function attachKprobeMulti(loaded: LoadedProgram, options: KprobeMultiOptions): Link {
  const doing = `attaching program "${loaded.program.name}"`;
  const { session, atReturn, words: moment } = readMoment(loaded, options, doing);
  const kind = kinds[session ? "session" : "multi"];
  const { symbols, addresses, words } = findPlaces(options, doing);
  const count = symbols.length + addresses.length;
  if (count === 0) throw new CoreGenError("bad-input", `${doing}: there is no function in the list`);
  checkCount(options.cookies, count, "cookies", doing);
  const attr = encode(multiAttr(loaded, 48), { symbols, addresses, cookies: options.cookies ?? [], atReturn });
  const what = `program "${loaded.program.name}" at ${moment}${words}`;
  return createMultiLink(attr, what, kind, (error) => explained(error, what, symbols));
}

const kinds: Readonly<Record<"multi" | "session", MultiKind>> = {
  multi: { name: "kprobe.multi", since: [5, 18], option: "CONFIG_FPROBE" },
  session: { name: "kprobe.session", since: [6, 10], option: "CONFIG_FPROBE" },
};

interface Places {
  readonly symbols: readonly string[];
  readonly addresses: readonly bigint[];
  /** For messages: "kernel functions tcp_*". */
  readonly words: string;
}

function findPlaces(options: KprobeMultiOptions, doing: string): Places {
  const { pattern, functions, addresses, uniqueMatch = false } = options;
  checkOneOf({ pattern, functions, addresses }, doing);
  if (functions !== undefined)
    return { symbols: functions, addresses: [], words: `kernel functions ${shorten(functions)}` };
  if (addresses !== undefined) {
    const hex = addresses.map((address) => `0x${address.toString(16)}`);
    return { symbols: [], addresses, words: `kernel addresses ${shorten(hex)}` };
  }
  const name = pattern;
  // The kernel finds a name by itself, faster.
  if (!isGlob(name) && !uniqueMatch) return { symbols: [name], addresses: [], words: `kernel function ${name}` };
  const found = matchingFunctions(name);
  if (found.length === 0) throw noMatch(name, doing);
  if (uniqueMatch && found.length > 1) {
    throw new CoreGenError("bad-input", `${doing}: ${found.length} functions match "${name}", not one alone`, {
      hints: [`They are ${shorten(found.map((one) => one.name))}.`],
    });
  }
  return { symbols: [], addresses: found.map(({ address }) => address), words: `kernel functions ${name}` };
}

function noMatch(pattern: string, doing: string): CoreGenError {
  const { reason, hints } = isGlob(pattern) ? { reason: undefined, hints: [] } : whyNotTraceable(pattern);
  return new CoreGenError("bad-input", `${doing}: no function that can be traced matches "${pattern}"`, {
    hints: [
      ...(reason === undefined ? [] : [`Of ${pattern}: ${reason}.`]),
      ...hints,
      "/sys/kernel/tracing/available_filter_functions lists those that can be traced.",
    ],
  });
}

const MOST = 3;

function shorten(names: readonly string[]): string {
  const first = names.slice(0, MOST).join(", ");
  return names.length > MOST ? `${first} and ${names.length - MOST} more` : first;
}

const RETURN = 1;

interface Encodable extends Omit<Places, "words"> {
  readonly cookies: readonly bigint[];
  readonly atReturn: boolean;
}

/** union bpf_attr: link_create.kprobe_multi { flags, cnt, syms, addrs, cookies } at 16. */
function encode(attr: Attr, { symbols, addresses, cookies, atReturn }: Encodable): Attr {
  return attr
    .u32(16, atReturn ? RETURN : 0)
    .u32(20, symbols.length + addresses.length)
    .texts(24, symbols)
    .u64s(32, addresses)
    .u64s(40, cookies);
}

/** ESRCH: the kernel has not found all names. It doesn't say which one. */
function explained(error: KernelError, what: string, symbols: readonly string[]): CoreGenError {
  if (![ESRCH, EINVAL, ENOENT].includes(error.errno)) return error;
  for (const name of symbols) {
    const { reason, hints } = whyNotTraceable(name);
    if (reason !== undefined)
      return new CoreGenError("bad-input", `attaching ${what}: of ${name}, ${reason}`, { cause: error, hints });
  }
  return error;
}
