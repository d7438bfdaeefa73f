import { CoreGenError } from "../../errors.ts";
import type { KernelError } from "../errors.ts";
import { fileOf, findExecutable } from "../kernel/executable.ts";
import { functionOffsets, matchingOffsets } from "../kernel/function-offset.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { Attr } from "../sys/bpf.ts";
import { EBADF, ESRCH } from "../sys/errno.ts";
import type { Link } from "./link.ts";
import { checkCount, checkOneOf, createMultiLink, multiAttr, readMoment, type MultiKind } from "./multi-link.ts";
import { readOffset, readPid } from "./probe-options.ts";

/** Places in an executable or library: by a pattern, by names or by offsets, one of these. */
export type UprobeMultiOptions = UprobeMultiCommon & UprobeMultiPlaces;

/** What goes for all of the places. */
export interface UprobeMultiCommon {
  /** The path of the executable or shared library; what has no slash is looked for in PATH and among libraries. */
  readonly binary: string;
  /** Which process; 0: this one. Left out, all of them. */
  readonly pid?: number | undefined;
  /** At the functions' returns. Left out, as the section says: SEC("uretprobe.multi") is for returns. */
  readonly return?: boolean | undefined;
  /** At both, in one session for each call: SEC("uprobe.session"), Linux 6.13. Left out, as the section says. */
  readonly session?: boolean | undefined;
}

/** What there may be one of for each place, in the same order. */
interface ForEachPlace {
  /** What `bpf_get_attach_cookie` returns there. */
  readonly cookies?: readonly bigint[] | undefined;
  /** Where in the file the 16-bit semaphores are that the kernel counts up, in bytes; 0 for none. */
  readonly refCtrOffsets?: readonly (number | bigint)[] | undefined;
}

export type UprobeMultiPlaces =
  | {
      /** `*` stands for any characters, `?` for one: all functions in .symtab, or else .dynsym, that match. */
      readonly pattern: string;
      readonly functions?: undefined;
      readonly offsets?: undefined;
      readonly cookies?: undefined;
      readonly refCtrOffsets?: undefined;
    }
  | (ForEachPlace & {
      /** Names in .dynsym or .symtab. */
      readonly functions: readonly string[];
      readonly pattern?: undefined;
      readonly offsets?: undefined;
    })
  | (ForEachPlace & {
      /** In bytes from the start of the file. */
      readonly offsets: readonly (number | bigint)[];
      readonly pattern?: undefined;
      readonly functions?: undefined;
    });

/**
 * Attaches a program to many functions of an executable or library at once, with one link (libbpf:
 * `bpf_program__attach_uprobe_multi`). Linux 6.6, sessions 6.13.
 *
 * Throws a `CoreGenError`: `bad-input` when there is no such file or function, `unsupported` on kernels that have no such links.
 */
export function attachUprobeMulti(loaded: LoadedProgram, options: UprobeMultiOptions): Link {
  const doing = `attaching program "${loaded.program.name}"`;
  const { session, atReturn, words: moment } = readMoment(loaded, options, doing);
  const pid = readPid(options.pid, doing);
  const path = findExecutable(options.binary);
  const { offsets, words } = findPlaces(options, path, doing);
  if (offsets.length === 0) throw new CoreGenError("bad-input", `${doing}: there is no function in the list`);
  const { cookies = [], refCtrOffsets = [] } = options;
  checkCount(options.cookies, offsets.length, "cookies", doing);
  checkCount(options.refCtrOffsets, offsets.length, "reference counters", doing);
  const counters = refCtrOffsets.map((offset) => readOffset(offset, doing));
  const places = { path: fileOf(path), offsets, counters, cookies, atReturn, pid: pid === -1 ? 0 : pid };
  const what = `program "${loaded.program.name}" at ${moment}${path}:${words}`;
  const kind = kinds[session ? "session" : "multi"];
  return createMultiLink(encode(multiAttr(loaded, 64), places), what, kind, (error) => explained(error, what, pid));
}

const kinds: Readonly<Record<"multi" | "session", MultiKind>> = {
  multi: { name: "uprobe.multi", since: [6, 6], option: "CONFIG_UPROBE_EVENTS" },
  session: { name: "uprobe.session", since: [6, 13], option: "CONFIG_UPROBE_EVENTS" },
};

interface Found {
  readonly offsets: readonly bigint[];
  readonly words: string;
}

function findPlaces({ pattern, functions, offsets }: UprobeMultiOptions, path: string, doing: string): Found {
  checkOneOf({ pattern, functions, offsets }, doing);
  if (pattern !== undefined) return { offsets: matchingOffsets(path, pattern).map(BigInt), words: pattern };
  if (functions !== undefined)
    return { offsets: functionOffsets(path, functions).map(BigInt), words: functions.join(", ") };
  const given = offsets.map((offset) => readOffset(offset, doing));
  return { offsets: given, words: given.map((offset) => `0x${offset.toString(16)}`).join(", ") };
}

const RETURN = 1;

interface Encodable {
  readonly path: string;
  readonly offsets: readonly bigint[];
  readonly counters: readonly bigint[];
  readonly cookies: readonly bigint[];
  readonly atReturn: boolean;
  /** 0: all. */
  readonly pid: number;
}

/** union bpf_attr: link_create.uprobe_multi { path, offsets, ref_ctr_offsets, cookies, cnt, flags, pid } at 16. */
function encode(attr: Attr, { path, offsets, counters, cookies, atReturn, pid }: Encodable): Attr {
  return attr
    .text(16, path)
    .u64s(24, offsets)
    .u64s(32, counters)
    .u64s(40, cookies)
    .u32(48, offsets.length)
    .u32(52, atReturn ? RETURN : 0)
    .u32(56, pid);
}

function explained(error: KernelError, what: string, pid: number): CoreGenError {
  const doing = `attaching ${what}`;
  if (error.errno === ESRCH)
    return new CoreGenError("bad-input", `${doing}: there is no process ${pid}`, { cause: error });
  if (error.errno === EBADF)
    return new CoreGenError("bad-input", `${doing}: that is not a regular file`, { cause: error });
  return error;
}
