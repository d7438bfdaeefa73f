import { CoreGenError } from "../../errors.ts";
import type { KernelError } from "../errors.ts";
import { kernelIsAtLeast, type KernelVersion } from "../kernel/release.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, bpfFailure } from "../sys/bpf.ts";
import { EINVAL, EOPNOTSUPP } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";
import { isForReturns } from "./probe-options.ts";

/** One kind of link that holds a program at many places. */
export interface MultiKind {
  /** "kprobe.multi", as the sections begin. */
  readonly name: string;
  /** The first Linux that has such links. */
  readonly since: KernelVersion;
  /** What it has to be built with. */
  readonly option: string;
}

/** The attributes of BPF_LINK_CREATE up to those of the kind, which begin at 16; `size` is in bytes. */
export function multiAttr({ program, fd }: LoadedProgram, size: number): Attr {
  return new Attr(size).u32(0, fd.number).u32(8, program.def?.attachType ?? 0);
}

/**
 * Makes the link. `explain` has the error for what the kernel says of the places themselves; other errors are about what the
 * kernel can: `unsupported`.
 */
export function createMultiLink(
  attr: Attr,
  what: string,
  kind: MultiKind,
  explain: (error: KernelError) => CoreGenError,
): Link {
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  const errno = -result;
  const error = bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_LINK_CREATE,
    errno,
  });
  // A kernel that does not know the kind of link says EINVAL, one that was built without it EOPNOTSUPP.
  const isUnknown = errno === EINVAL && !kernelIsAtLeast(kind.since);
  throw isUnknown || errno === EOPNOTSUPP ? unsupported(what, kind, error) : explain(error);
}

function unsupported(what: string, { name, since, option }: MultiKind, cause: KernelError): CoreGenError {
  const needs = kernelIsAtLeast(since) ? `was built without ${option}` : `is older than Linux ${since.join(".")}`;
  return new CoreGenError("unsupported", `attaching ${what}: this kernel has no ${name} links, it ${needs}`, {
    cause,
    hints: [`Without them each place takes a probe of its own: SEC("${name.split(".")[0]}").`],
  });
}

/** How many cookies or reference counters there may be for `count` places. */
export function checkCount(values: readonly unknown[] | undefined, count: number, word: string, doing: string): void {
  if (values === undefined || values.length === count) return;
  throw new CoreGenError("bad-input", `${doing}: there are ${values.length} ${word} for ${count} places`, {
    hints: [`Give one for each place, in the same order.`],
  });
}

/** Of some ways to say the places, an app takes one. Throws a `CoreGenError` with code `bad-input` otherwise. */
export function checkOneOf(ways: Readonly<Record<string, unknown>>, doing: string): void {
  if (Object.values(ways).filter((way) => way !== undefined).length === 1) return;
  const names = Object.keys(ways).map((name) => `"${name}"`);
  throw new CoreGenError("bad-input", `${doing}: it takes one of ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
}

/** When a program runs: at the calls of functions, at their returns, or at both. */
interface Moment {
  readonly session: boolean;
  readonly atReturn: boolean;
  /** For messages, before the functions: "the returns of ". */
  readonly words: string;
}

/** What the app says about that, or else the section. Throws a `CoreGenError` with code `bad-input` for what can't be. */
export function readMoment(
  loaded: LoadedProgram,
  options: { readonly session?: boolean | undefined; readonly return?: boolean | undefined },
  doing: string,
): Moment {
  const session = isSession(loaded, options.session, doing);
  const atReturn = options.return ?? isForReturns(loaded);
  if (session && atReturn) {
    throw new CoreGenError("bad-input", `${doing}: a session is for entry and return, so "return" does not go with it`);
  }
  return { session, atReturn, words: session ? "the calls of " : atReturn ? "the returns of " : "" };
}

/**
 * Whether a program is for sessions, entry and return of each call: that is said when it is loaded, by its section. Throws a
 * `CoreGenError` with code `bad-input` when the app says otherwise.
 */
function isSession({ program }: LoadedProgram, wanted: boolean | undefined, doing: string): boolean {
  const session = program.def?.attachTypeName?.endsWith("_session") === true;
  if (wanted === undefined || wanted === session) return session;
  const section = program.section.replace(/^\?/u, "").replace(/\/.*$/su, "");
  const right = wanted
    ? section.replace("ret", "").replace(".multi", ".session")
    : section.replace(".session", ".multi");
  throw new CoreGenError("bad-input", `${doing}: SEC("${section}") is ${wanted ? "not " : ""}for sessions`, {
    hints: [`Write SEC("${right}").`],
  });
}
